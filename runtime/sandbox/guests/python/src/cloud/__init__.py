"""What cloud code can use of its surroundings."""

from cloud import functions, http, log
from cloud.errors import CloudError
from cloud.secrets import secrets
from relive_guest.environment import time_left

__all__ = ["CloudError", "functions", "http", "log", "secrets", "time_left"]
