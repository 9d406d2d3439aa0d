"""The policy language: small, typed against the documents, compiled when a file is loaded.

`Vocabulary` says what can be spoken of, `Reader` reads the texts of one policy and gathers every `Problem`, `fuse`
makes one function of many policies, `Expression` and `Message` give values and sentences on what it finds.
"""

from policies.language.explanation import Explainer, Missing, Shortfall
from policies.language.expression import Expression
from policies.language.fusion import Fused, Hit, Judgement, Rule, fuse, judge
from policies.language.kinds import Kind, Type, Unit
from policies.language.messages import Message, plain_text
from policies.language.narrowing import Facts
from policies.language.problem import Problem, Source, in_order
from policies.language.reader import Reader, Target
from policies.language.tables import Band, Table, TableText
from policies.language.vocabulary import Absence, FieldNote, Scope, Subject, Vocabulary

__all__ = [
    "Absence",
    "Band",
    "Explainer",
    "Expression",
    "Facts",
    "FieldNote",
    "Fused",
    "Hit",
    "Judgement",
    "Kind",
    "Message",
    "Missing",
    "Problem",
    "Reader",
    "Rule",
    "Scope",
    "Shortfall",
    "Source",
    "Subject",
    "Table",
    "TableText",
    "Target",
    "Type",
    "Unit",
    "Vocabulary",
    "fuse",
    "in_order",
    "judge",
    "plain_text",
]
