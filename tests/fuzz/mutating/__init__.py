"""Ways to make other inputs of one that is there, by the form that the input has."""
