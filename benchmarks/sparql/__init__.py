"""How quickly are catalogue queries answered, beside the same engine in-process and Apache Jena Fuseki?"""
