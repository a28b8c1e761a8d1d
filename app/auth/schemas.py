"""Inputs of identity, for both doors."""

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, Field, ValidationInfo, field_validator

from app.auth.policies import MAX_PASSWORD, MIN_PASSWORD, normalise_email


def check_address(address: str) -> str:
    """A deliverable-looking address in the form it is stored. Errors: ValueError."""
    try:
        # test_environment admits .test names, which the sandbox mail world uses
        found = validate_email(address.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError("Please enter a valid email address.") from error
    return normalise_email(found.normalized)


Address = Annotated[str, Field(max_length=254), AfterValidator(check_address)]
Name = Annotated[str, Field(max_length=120)]
Password = Annotated[str, Field(min_length=MIN_PASSWORD, max_length=MAX_PASSWORD)]


class SignUpInput(BaseModel):
    """A new person."""

    email: Address
    password: Password
    name: Name = ""


class LoginInput(BaseModel):
    """Credentials. The address is not judged: a wrong one is just an unknown one."""

    email: Annotated[str, Field(max_length=254)]
    password: Annotated[str, Field(max_length=4096)]
    remember: bool = False
    next: str = ""


class ForgotInput(BaseModel):
    """Who forgot the password."""

    email: Address


class NewPassword(BaseModel):
    """A password, typed twice."""

    password: Password
    password_confirmation: Annotated[str, Field(max_length=4096)]

    @field_validator("password_confirmation")
    @classmethod
    def _same(cls, again: str, info: ValidationInfo) -> str:
        if "password" in info.data and again != info.data["password"]:
            raise ValueError("The two passwords are not the same.")
        return again


class ChangePasswordInput(NewPassword):
    """The same, with the password used until now."""

    password_current: Annotated[str, Field(max_length=4096)]


class NameInput(BaseModel):
    """What others see."""

    name: Name = ""


class RefreshInput(BaseModel):
    """A refresh token to trade in."""

    refresh_token: Annotated[str, Field(max_length=200)]


class ResetInput(NewPassword):
    """The token of a reset link, with the new password."""

    token: Annotated[str, Field(max_length=200)]


class VerifyInput(BaseModel):
    """The token of a verification link."""

    token: Annotated[str, Field(max_length=200)]
