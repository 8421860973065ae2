from pathlib import Path
def find_library():
    return Path('/tmp/librollcast.so')
