"""RabbitMQ, MongoDB and Redis as our child processes; never touches a server of others."""
