#!/bin/sh
# The images of RabbitMQ, Valkey and nginx run the command that they are given, each as its own user.
exec "$@"
