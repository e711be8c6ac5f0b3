"""What `make bench` measures. Machines are noisy, so all that is compared is measured in turns, in one run."""
