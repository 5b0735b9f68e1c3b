"""Names that the generated code uses itself, kept out of the way of names from the document."""

from collections import Counter

from openapi_python_client.config import Config
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.properties import Property
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import PythonIdentifier

from scripts.pipeline.corrections.names import digest, file_name, identifier
from scripts.pipeline.corrections.schema_tools import components
from scripts.pipeline.walk import Node

# Locals, methods and imports of the templates for models and for operations.
IN_MODELS = frozenset(
    {
        *("additional_keys", "additional_properties", "cast", "cls", "d", "field_dict", "files"),
        *("T", "from_dict", "json", "prop", "prop_dict", "prop_name", "src_dict", "to_dict"),
        *("to_multipart", "types"),
    }
)
IN_OPERATIONS = frozenset(
    {
        *("body", "cast", "cookies", "errors", "headers", "httpx", "httpx2", "json"),
        *("kwargs", "params", "quote", "response"),
    }
)


def module_names(document: Node) -> dict[str, str]:
    """Name the module of each component so that every system can hold it, and no other has it."""
    natural = {name: file_name(name, "model") for name in components(document)}
    shared = Counter(natural.values())
    return {
        name: f"{module}_{digest(name).lower()}" if shared[module] > 1 else module
        for name, module in natural.items()
    }


def free_names(data: GeneratorData, config: Config) -> None:
    """Rename attributes and arguments that hide something the generated code needs.

    Only Python sees the difference: what travels keeps its name.
    """
    for model in data.models:
        attributes = [*(model.required_properties or ()), *(model.optional_properties or ())]
        _rename(attributes, IN_MODELS, config)
    tagged = data.endpoint_collections_by_tag
    for collection in tagged.values():
        for endpoint in collection.endpoints:
            arguments = [argument for _, argument in endpoint.iter_all_parameters()]
            for old, new in _rename(arguments, IN_OPERATIONS, config).items():
                path = endpoint.path.get_untrusted_value()
                endpoint.path = UntrustedString(path.replace(f"{{{old}}}", f"{{{new}}}"))
            endpoint.name = PythonIdentifier(file_name(endpoint.name, "operation"), "")
    folders = {PythonIdentifier(file_name(tag, "tag"), ""): tagged[tag] for tag in tagged}
    data.endpoint_collections_by_tag = folders


def _rename(properties: list[Property], reserved: frozenset[str], config: Config) -> dict[str, str]:
    renamed = {}
    for each in properties:
        name, old = each.name.get_untrusted_value(), str(each.python_name)
        new = identifier(name) if "[" in name else old
        taken = reserved | {str(other.python_name) for other in properties if other is not each}
        while new in taken:
            new += "_"
        if new != old:
            each.set_python_name(UntrustedString(new), config=config, skip_snake_case=True)
            renamed[old] = new
    return renamed
