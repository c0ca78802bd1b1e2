"""The spool: keeps events on disk while RabbitMQ does not confirm them."""
