"""The edge to the network: read the request, call a service, word the reply."""
