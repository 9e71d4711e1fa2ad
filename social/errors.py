from config.shared.errors import Forbidden


class NotABuyer(Forbidden):
    code = "not_a_buyer"
    detail = "Only those who have received this product may review it."


class Blocked(Forbidden):
    code = "blocked"
    detail = "This shop does not want to be followed, reviewed or written to by you."
