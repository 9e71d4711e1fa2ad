from config.shared.errors import Conflict, Forbidden


class NotABuyer(Forbidden):
    code = "not_a_buyer"
    detail = "Only those who have received this product may review it."


class Blocked(Forbidden):
    code = "blocked"
    detail = "This shop does not want to be followed, reviewed or written to by you."


class OwnShop(Forbidden):
    code = "own_shop"
    detail = "This is your own shop."


class OwnReview(Forbidden):
    code = "own_review"
    detail = "This is your own review."


class TooManyPhotos(Conflict):
    code = "too_many_photos"
    detail = "A review has at most 6 photos."


class TooMany(Conflict):
    code = "too_many"
    detail = "There are too many already: remove some first."


class AlreadyAvailable(Conflict):
    code = "already_available"
    detail = "It can be had now: there is nothing to wait for."


class MayNotAnswer(Forbidden):
    code = "may_not_answer"
    detail = "Only the seller, and those who have received this product, may answer."


class ForeignCurrency(Conflict):
    code = "currency_mismatch"
    detail = "The price to wait for is of another currency than the product's."
