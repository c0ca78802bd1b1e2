"""The rights of each service in RabbitMQ and MongoDB."""
