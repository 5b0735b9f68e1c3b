"""Names that the generated code uses itself, kept out of the way of names from the document."""

import re
from typing import TYPE_CHECKING

from scripts.pipeline.corrections.names import digest, identifier
from scripts.pipeline.corrections.schema_tools import components, is_object, members
from scripts.pipeline.walk import Node

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi_python_client.config import Config
    from openapi_python_client.parser import GeneratorData
    from openapi_python_client.parser.openapi import Endpoint
    from openapi_python_client.parser.properties import Property

# Locals, methods and imports of the templates for models and for operations.
IN_MODELS = frozenset(
    {
        *("additional_keys", "additional_properties", "cast", "cls", "d", "field_dict", "files"),
        *("from_dict", "json", "prop", "prop_dict", "prop_name", "src_dict", "to_dict"),
        *("to_multipart", "types"),
    }
)
IN_OPERATIONS = frozenset(
    {
        *("body", "cast", "cookies", "errors", "headers", "httpx", "httpx2", "json"),
        *("kwargs", "params", "quote", "response"),
    }
)

# Windows takes paths of up to 259 characters, and none of these names, whatever their suffix.
MAX_MODULE = 100
_DEVICES = frozenset(
    {"con", "nul", "aux", "prn", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
)


def file_name(text: str, kind: str) -> str:
    """Name the module or folder of a text, so that every system can hold it."""
    name = identifier(text)
    if len(name) > MAX_MODULE:
        return identifier(f"{name[: MAX_MODULE - 16]}_{digest(name).lower()}")
    return f"{name}_{kind}" if name in _DEVICES else name


def module_names(document: Node) -> dict[str, str]:
    """Name the modules of classes whose own would get in the way, by class.

    A module's name is also a local variable where the class is read, next to the attributes
    (`Discount.discount`), and two classes may be spelled alike in lower case.
    """
    natural = {name: identifier(name) for name in components(document)}
    spelled = list(natural.values())
    changed = {}
    for name, module in natural.items():
        schema = components(document)[name]
        local = _locals(schema) if is_object(schema) else set()
        if spelled.count(module) > 1:
            changed[name] = f"{module}_{digest(name).lower()}"
        elif file_name(name, "model") != module:
            changed[name] = file_name(name, "model")
        elif module in local | IN_MODELS:
            free = f"{module}_model" not in local | set(spelled)
            changed[name] = f"{module}_model" if free else f"{module}_{digest(name).lower()}"
    return changed


def _locals(schema: Node) -> set[str]:
    found = set()
    for name, part in schema.get("properties", {}).items():
        found |= {identifier(name)} | _helpers(part, identifier(name))
    return found


def _helpers(schema: Node, name: str) -> set[str]:
    """Name the variables that reading and writing an attribute takes."""
    found = set()
    if isinstance(schema.get("items"), dict):
        inner = f"{name}_item"
        found |= {inner, f"{inner}_data", f"{inner}_element"} | _helpers(schema["items"], inner)
    for index, member in enumerate(members(schema)):
        inner = f"{name}_type_{index}"
        found |= {inner} | _helpers(member, inner)
    return found


def free_names(data: "GeneratorData", config: "Config") -> None:
    """Rename attributes and arguments that hide something the generated code needs.

    Only Python sees the difference: what travels keeps its name.
    """
    from openapi_python_client.strings import PythonIdentifier  # noqa: PLC0415

    for model in data.models:
        attributes = [*(model.required_properties or ()), *(model.optional_properties or ())]
        _free(attributes, IN_MODELS, config)
    tagged = data.endpoint_collections_by_tag
    for collection in tagged.values():
        for endpoint in collection.endpoints:
            _free_arguments(endpoint, config)
            endpoint.name = PythonIdentifier(file_name(endpoint.name, "operation"), "")
    folders = {PythonIdentifier(file_name(tag, "tag"), ""): tagged[tag] for tag in tagged}
    data.endpoint_collections_by_tag = folders


def _free_arguments(endpoint: "Endpoint", config: "Config") -> None:
    from openapi_python_client.schema.untrusted_string import UntrustedString  # noqa: PLC0415

    arguments = [argument for _, argument in endpoint.iter_all_parameters()]
    _part_brackets(arguments, config)
    for old, new in _free(arguments, IN_OPERATIONS, config).items():
        path = endpoint.path.get_untrusted_value()
        endpoint.path = UntrustedString(path.replace(f"{{{old}}}", f"{{{new}}}"))


def _part_brackets(arguments: "Iterable[Property]", config: "Config") -> None:
    """Spell `filter[id][eq]` as `filter_id_eq`, where the generator says `filterideq`."""
    from openapi_python_client.schema.untrusted_string import UntrustedString  # noqa: PLC0415

    listed = list(arguments)
    wanted = [_parted(each) for each in listed]
    for each, new in zip(listed, wanted, strict=True):
        # Beside `filter_id`, `filter[id]` stays as it is.
        if new != str(each.python_name) and wanted.count(new) == 1:
            each.set_python_name(UntrustedString(new), config=config, skip_snake_case=True)


def _parted(argument: "Property") -> str:
    name = argument.name.get_untrusted_value()
    return identifier(re.sub(r"[\[\]]+", " ", name)) if "[" in name else str(argument.python_name)


def _free(
    properties: "Iterable[Property]", reserved: frozenset[str], config: "Config"
) -> dict[str, str]:
    from openapi_python_client.schema.untrusted_string import UntrustedString  # noqa: PLC0415

    listed = list(properties)
    names = {str(each.python_name) for each in listed}
    helpers = {name for each in listed for name in _helper_names(each)}
    renamed = {}
    for each in listed:
        old = new = str(each.python_name)
        while new in reserved | helpers or (new != old and new in names):
            new += "_"
        if new != old:
            each.set_python_name(UntrustedString(new), config=config, skip_snake_case=True)
            renamed[old] = new
    return renamed


def _helper_names(each: "Property") -> set[str]:
    inner = [getattr(each, "inner_property", None), *getattr(each, "inner_properties", ())]
    found = {f"json_{each.python_name}"}
    for below in inner:
        if below is not None:
            name = str(below.python_name)
            found |= {name, f"{name}_data", f"{name}_element"} | _helper_names(below)
    return found
