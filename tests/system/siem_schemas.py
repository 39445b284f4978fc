# SPDX-License-Identifier: Apache-2.0
"""What readers of logs accept, written from their public specifications, apart from the code under test.

CEF: Micro Focus Security ArcSight Common Event Format, revision 25 (version 0). ECS: Elastic Common Schema 8.17. OCSF:
Open Cybersecurity Schema Framework 1.5.0, class DNS Activity (4003) with the profile security_control.

Each JSON schema has all the fields that Cenote writes and refuses any other: a field that is not of the schema is as
much a mistake as one of a wrong type.
"""
import ipaddress
import re


# --- CEF ---------------------------------------------------------------------------------------------------------

CEF_IPV4, CEF_IPV6, CEF_LONG, CEF_TIME = "ipv4", "ipv6", "long", "time"
# Key -> the longest value in characters, or the type of the value ("Chapter 2: ArcSight Extension Dictionary").
CEF_KEYS = {"rt": CEF_TIME, "src": CEF_IPV4, "c6a2": CEF_IPV6, "c6a2Label": 1023, "suid": 1023, "dhost": 1023, "act": 63,
            "app": 31, "proto": 31, "dvchost": 100, "externalId": 40, "cn1": CEF_LONG, "cn1Label": 1023,
            **{f"cs{i}": 4000 for i in range(1, 7)}, **{f"cs{i}Label": 1023 for i in range(1, 7)}}


class CefError(Exception):
    pass


def cef_unescaped(text, escapes):
    out, i = [], 0
    while i < len(text):
        if text[i] == "\\":
            if text[i + 1:i + 2] not in escapes:
                raise CefError(f"no escape: {text[i:i + 2]!r} in {text!r}")
            out.append(escapes[text[i + 1]])
            i += 2
        else:
            out.append(text[i])
            i += 1
    return "".join(out)


def cef_parsed(line):
    """The header's fields and the extension of a line as a SIEM reads them; CefError for whatever it might not."""
    if any(ord(c) < 0x20 or ord(c) == 0x7f for c in line):
        raise CefError(f"a control character in {line!r}")
    fields, rest = [], line
    for _ in range(7):
        found = re.match(r"((?:[^|\\]|\\.)*)\|", rest)
        if not found:
            raise CefError(f"fewer than seven header fields in {line!r}")
        fields.append(cef_unescaped(found.group(1), {"\\": "\\", "|": "|"}))
        rest = rest[found.end():]
    if fields[0] != "CEF:0" or any(not field for field in fields):
        raise CefError(f"the header {fields}")
    if not fields[6].isdigit() or not 0 <= int(fields[6]) <= 10:
        raise CefError(f"the severity {fields[6]!r}")
    values = {}
    # A key is what stands before an equals sign that is not escaped; the value goes up to the space before the next key.
    starts = list(re.finditer(r"(?:^| )([A-Za-z0-9]+)=", rest))
    if not starts or starts[0].start() != 0 or rest[0] == " ":
        raise CefError(f"the extension begins with no key: {rest!r}")
    for found, after in zip(starts, starts[1:] + [None]):
        raw = rest[found.end():after.start() if after else len(rest)]
        if "=" in re.sub(r"\\.", "", raw):
            raise CefError(f"an equals sign in the value {raw!r}")
        if found.group(1) in values:
            raise CefError(f"{found.group(1)} is there twice")
        values[found.group(1)] = cef_unescaped(raw, {"\\": "\\", "=": "=", "n": "\n", "r": "\r"})
    for key, value in values.items():
        check_cef_value(key, value)
    for key in values:
        base = key.removesuffix("Label")
        if re.fullmatch(r"(c6a|cs|cn)\d", base) and not {base, base + "Label"} <= values.keys():
            raise CefError(f"{base} and its label belong together")
    return fields, values


def check_cef_value(key, value):
    kind = CEF_KEYS.get(key)
    if kind is None:
        raise CefError(f"{key} is no key of the dictionary")
    if value == "":
        raise CefError(f"{key} is empty")
    try:
        if kind == CEF_IPV4:
            ipaddress.IPv4Address(value)
        elif kind == CEF_IPV6:
            ipaddress.IPv6Address(value)
        elif kind == CEF_LONG:
            int(value)
        elif kind == CEF_TIME and not re.fullmatch(r"\d{13}", value):
            raise CefError(f"{key}: {value!r} is no time in milliseconds")
        elif isinstance(kind, int) and len(value) > kind:
            raise CefError(f"{key} has {len(value)} characters of at most {kind}")
    except ValueError as error:
        raise CefError(f"{key}: {error}") from error


# --- JSON schemas ------------------------------------------------------------------------------------------------

def one_of(*values):
    return {"enum": list(values)}


def some_of(*values):
    return {"type": "array", "items": {"enum": list(values)}, "minItems": 1, "uniqueItems": True}


def exactly(required, **fields):
    """An object of these fields and no other."""
    return {"type": "object", "properties": fields, "required": required.split(), "additionalProperties": False}


TEXT = {"type": "string"}
KEYWORD = {"type": "string", "maxLength": 1024}  # ignore_above of ECS: a longer one is stored and not indexed
LONG = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
IP = {"type": "string", "format": "ip"}
RFC3339 = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z$"}

ECS = exactly(
    "@timestamp ecs event dns network observer labels", **{
        "@timestamp": RFC3339,
        "ecs": exactly("version", version={"pattern": r"^8\.\d+\.\d+$"}),
        "event": exactly(
            "kind category type action outcome dataset module",
            kind=one_of("alert", "asset", "enrichment", "event", "metric", "state", "pipeline_error", "signal"),
            category=some_of("api", "authentication", "configuration", "database", "driver", "email", "file", "host", "iam",
                             "intrusion_detection", "library", "malware", "network", "package", "process", "registry",
                             "session", "threat", "vulnerability", "web"),
            # the types that go with the category "network"
            type=some_of("access", "allowed", "connection", "denied", "end", "info", "protocol", "start"),
            action=KEYWORD, outcome=one_of("failure", "success", "unknown"), duration=LONG, sequence=LONG,
            module=KEYWORD, dataset=KEYWORD),
        "dns": exactly("type question", type=one_of("query", "answer"),
                       question=exactly("name type class", name=KEYWORD, type=KEYWORD, **{"class": one_of("IN")}),
                       response_code=KEYWORD),
        "network": exactly("protocol transport", protocol=one_of("dns"),
                           transport=one_of("udp", "tcp", "icmp", "ipv6-icmp", "sctp")),
        "observer": exactly("vendor product version hostname", vendor=KEYWORD, product=KEYWORD, version=KEYWORD,
                            hostname=KEYWORD),
        "labels": {"type": "object", "additionalProperties": KEYWORD, "propertyNames": {"pattern": "^[a-z_]+$"}},
        "rule": exactly("id name ruleset category", id=KEYWORD, name=KEYWORD, ruleset=KEYWORD, category=KEYWORD),
        "source": exactly("ip", ip=IP),
        "user": exactly("hash", hash=KEYWORD),
    })

ENDPOINT = dict(exactly("", ip=IP, uid=TEXT, name=TEXT, hostname=TEXT, svc_name=TEXT, port=LONG), minProperties=1)

OCSF_RCODES = {0: "NoError", 1: "FormError", 2: "ServError", 3: "NXDomain", 4: "NotImp", 5: "Refused", 6: "YXDomain",
               7: "YXRRSet", 8: "NXRRSet", 9: "NotAuth", 10: "NotZone", 11: "DSOTYPENI"}

OCSF = exactly(
    "activity_id category_uid class_uid type_uid severity_id time metadata query",
    activity_id=one_of(0, 1, 2, 6, 99), category_uid=one_of(4), class_uid=one_of(4003),
    type_uid=one_of(400300, 400301, 400302, 400306, 400399), severity_id=one_of(0, 1, 2, 3, 4, 5, 6, 99),
    time={"type": "integer", "minimum": 10**12, "maximum": 10**13},
    metadata=exactly("product version", version={"pattern": r"^1\.\d+\.\d+$"},
                     product=exactly("vendor_name", name=TEXT, vendor_name=TEXT, version=TEXT),
                     profiles=some_of("security_control"), sequence=LONG, original_time=TEXT),
    query=exactly("hostname", hostname=TEXT, type=TEXT, **{"class": TEXT}),
    # 3 and 4 are of 1.4 and later; disposition_id 0 to 27
    action_id=one_of(0, 1, 2, 3, 4, 99), disposition_id={"type": "integer", "minimum": 0, "maximum": 27},
    connection_info=exactly("direction_id", direction_id=one_of(0, 1, 2, 3, 99),
                            protocol_num={"type": "integer", "minimum": 0, "maximum": 255}, protocol_name=TEXT),
    src_endpoint=ENDPOINT, dst_endpoint=ENDPOINT,
    rcode_id=one_of(*range(12), *range(16, 26), 99), rcode=TEXT,
    policy=exactly("", uid=TEXT, name=TEXT, version=TEXT),
    unmapped={"type": "object"})
OCSF["anyOf"] = [{"required": ["src_endpoint"]}, {"required": ["dst_endpoint"]}]  # the class's at_least_one
