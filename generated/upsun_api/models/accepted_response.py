# DO NOT EDIT. Made by `make generate` from spec/ with openapi-python-client 0.29.1.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import _reading
from ..types import UNSET

T = TypeVar("T", bound="AcceptedResponse")


@_attrs_define(kw_only=True)
class AcceptedResponse:
    """
    Attributes:
        code (int):
        status (str):
    """

    code: int
    status: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=lambda: {})

    def to_dict(self) -> dict[str, Any]:
        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            _reading.present(
                {
                    "code": self.code,
                    "status": self.status,
                }
            )
        )
        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:

        d = _reading.fields(src_dict)
        code = d.pop("code", UNSET)
        status = d.pop("status", UNSET)

        _made = cls(
            code=code,
            status=status,
        )
        _made.additional_properties = d
        return _made

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
