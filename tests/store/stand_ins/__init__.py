"""Programs that stand in for AWS: ministack and moto, each a process of its own on a free port of the loopback.

Neither is DynamoDB. Where they disagree, AWS's documentation decides, and the test says so.
"""
