"""Checks an SBOM: that it is valid, and has all crates of the list that `cargo auditable` has put into the program."""

import json
import pathlib
import sys
import zlib

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

sbom, listed = map(pathlib.Path, sys.argv[1:])
text = sbom.read_text()
if error := JsonStrictValidator(SchemaVersion.V1_5).validate_str(text):
    raise SystemExit(f"{sbom.name} is no CycloneDX 1.5: {error}")
if "file:///" in text.replace("file:///citrus-status", ""):
    raise SystemExit(f"{sbom.name} names a folder of this machine")
bom = json.loads(text)
program = bom["metadata"]["component"]
components = {(component["name"], component["version"]) for component in [program, *bom["components"]]}
packages = json.loads(zlib.decompress(listed.read_bytes()))["packages"]
crates = {(package["name"], package["version"]) for package in packages if package.get("kind") != "build"}
if len(crates) < 100 or not any(name == "sqlx-core" for name, _ in crates):
    raise SystemExit(f"the program lists {len(crates)} crates")
if missing := sorted(crates - components):
    raise SystemExit(f"the SBOM lacks what the program lists: {missing}")
unlicensed = [component["name"] for component in bom["components"] if not component.get("licenses")]
if unlicensed:
    raise SystemExit(f"the SBOM has no licence for {unlicensed}")
print(f"NOTE {len(crates)} crates in the program, {len(components)} in the SBOM")
