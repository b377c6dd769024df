"""Read a SAM template and turn it into plain CloudFormation, on our side.

The engine's own transform does not see the parameters passed with the stack (M11), so aws-sam-translator is run here.
"""

import copy
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.utils.py27hash_fix import to_py27_compatible_template, undo_mark_unicode_str_in_template
from samtranslator.yaml_helper import intrinsics_multi_constructor

from local.engine.region import PARTITION, REGION

Template = dict[str, Any]
logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)  # it warns at exit of statistics nobody asked for


class _TemplateLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # the C one is ten times faster
    """YAML with CloudFormation's short forms."""


_TemplateLoader.add_multi_constructor("!", intrinsics_multi_constructor)


def load_template(path: Path) -> Template:
    """The template as a dict, short forms such as ``!Ref`` spelled out."""
    template: Template = yaml.load(path.read_text(encoding="utf-8"), _TemplateLoader)  # noqa: S506 - a safe loader
    return template


def to_cloudformation(template: Template, parameters: Mapping[str, str]) -> Template:
    """The CloudFormation that AWS would make of the SAM ``template`` with these ``parameters``.

    Raises:
        samtranslator.model.exceptions.InvalidDocumentException: the template is not valid SAM.
    """
    copied = copy.deepcopy(template)
    values = {**parameters, "AWS::Region": REGION, "AWS::Partition": PARTITION}
    to_py27_compatible_template(copied, values)
    translator = Translator({}, Parser(), boto_session=boto3.session.Session(region_name=REGION))
    plain: Template = undo_mark_unicode_str_in_template(translator.translate(copied, parameter_values=values))
    plain.pop("Transform", None)
    return plain
