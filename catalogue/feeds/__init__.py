"""Outgoing documents: the DCAT feed and the FAIR Data Point layout. Pure: graphs in, graphs out."""
