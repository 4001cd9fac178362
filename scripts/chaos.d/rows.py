"""The rows by name; each module of rows adds its own."""
ALL = {}


class Row:
    def __init__(self, name, play, title, debug, short):
        self.name, self.play, self.title, self.debug, self.short = name, play, title, debug, short


def row(name, title, debug=False, short=None):
    """`debug`: needs failpoints. `short`: the size at which it belongs to the short form; None: it does not."""
    def add(play):
        ALL[name] = Row(name, play, title, debug, short)
        return play
    return add
