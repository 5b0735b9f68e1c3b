"""What is measured: each module is a program, run where only the runtime dependencies are.

Its arguments are explained by itself; it prints JSON.
"""
