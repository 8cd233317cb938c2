"""`slicer.parameterNodeWrapper`: a parameter node as a class with typed attributes, tied to widgets."""

from .annotations import (
    Choice,
    Decimals,
    Default,
    Exclude,
    Maximum,
    Minimum,
    NotNone,
    RangeBounds,
    SingleStep,
    StartsWith,
    Validator,
    WithinRange,
)
from .widgets import SlicerParameterNamePropertyName
from .wrapper import parameterNodeWrapper, parameterPack

__all__ = [
    "Choice",
    "Decimals",
    "Default",
    "Exclude",
    "Maximum",
    "Minimum",
    "NotNone",
    "RangeBounds",
    "SingleStep",
    "SlicerParameterNamePropertyName",
    "StartsWith",
    "Validator",
    "WithinRange",
    "parameterNodeWrapper",
    "parameterPack",
]
