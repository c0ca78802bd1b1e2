"""RabbitMQ, MongoDB and Redis as child processes of the onebox and of the tests."""
