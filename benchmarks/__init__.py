"""Speed and memory of the service, measured on generated but conforming descriptions. Run by `make bench`."""
