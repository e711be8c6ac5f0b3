"""The store in DynamoDB: one table for records and documents."""
