"""The parameters by which a caller decides how a file of contacts is read."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from softphone_common.http.problem import ProblemError
from softphone_matcher.imports.import_file import ImportFile, read_import
from softphone_matcher.imports.mapping import ColumnMapping
from softphone_matcher.imports.rows.limits import ImportLimits
from softphone_matcher.settings import MatcherSettings

Encoding = Literal[
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "iso-8859-1", "cp850", "mac_roman"
]
Separator = Literal[";", ",", "\t", "|"]

FILE_BODY = {
    "requestBody": {
        "required": True,
        "description": "The file: CSV, XLSX or vCard, whatever its name and content type",
        "content": {"application/octet-stream": {"schema": {}}},
    }
}
"""How OpenAPI describes a body that is a file."""

_MAPPING = TypeAdapter(ColumnMapping)


class FileChoices(BaseModel):
    """How a file is read; whatever is left out is found in the file."""

    model_config = ConfigDict(extra="forbid")

    encoding: Encoding | None = Field(None, description="Without it the one that fits best")
    separator: Separator | None = Field(
        None, description="Separator of a CSV; without it the best one"
    )
    sheet: str | None = Field(
        None,
        max_length=200,
        description="Sheet of a workbook; without it the first with a header",
    )
    mapping: str | None = Field(
        None,
        max_length=2500,
        description="The columns of each field as JSON, as `mapping` of the answer has them;"
        " without it they are proposed from the headings",
    )

    def columns(self) -> ColumnMapping | None:
        """The mapping in the parameter. Raises ProblemError 422."""
        if self.mapping is None:
            return None
        try:
            return _MAPPING.validate_json(self.mapping)
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            raise ProblemError("json-invalid", "mapping", reason=reason) from None

    def open(self, data: bytes, limits: ImportLimits) -> ImportFile:
        """The file, read in this way. Raises ImportFileError."""
        return read_import(
            data,
            encoding=self.encoding,
            separator=self.separator,
            sheet=self.sheet,
            limits=limits,
        )


class PreviewChoices(FileChoices):
    """The choices of a preview, and the source whose mapping is proposed."""

    source: str | None = Field(
        None,
        max_length=50,
        description="The source that the file is imported for: the mapping that was last used for"
        " it is proposed, if the file has its columns",
    )


def limits_of(settings: MatcherSettings) -> ImportLimits:
    """The limits of a file in this installation."""
    return ImportLimits(
        bytes_max=settings.upload_max,
        unpacked_max=8 * settings.upload_max,
        numbers_max=settings.record_numbers_max,
    )
