from app.models.order import Coupon, Order
from app.models.user import Account, Preference, User

__all__ = ["Account", "Coupon", "Order", "Preference", "User"]
