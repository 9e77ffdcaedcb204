ROWS=frozenset()
def cells(*a):
    return iter(())
