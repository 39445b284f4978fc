// SPDX-License-Identifier: Apache-2.0
//
// Parses domain names that people type: in cenote.toml, in directives, at the command line.
//
// Text pasted from an address bar or a list is read as the name in it where the meaning is clear: scheme, path, port,
// final dot and a leading `*.` are removed, and the note lists them. Unclear text is refused with advice, because taken
// as it stands it would be in force and match nothing. A name consists of letters, digits, '-' and '_';
// letters beyond ASCII become A-labels, and any other byte is written `\X` or `\DDD` (RFC 1035 §5.1).
// Lines of lists have rules of their own (blocklists/listed_name.h).
//
// Threads:  any; control plane.
// Memory:   texts.
// Failure:  Result: "what is wrong; what to write".
#pragma once

#include <string>
#include <string_view>

#include "resolver/base/result.h"
#include "resolver/wire/name.h"

namespace cenote::wire {

/// The use of the name, which decides the meaning of `*.` in front of it.
enum class NameUse : std::uint8_t {
    Question,  // a QNAME: `*.` is refused; the root is a name
    Subtree,   // a name and all below it: `*.` adds nothing and is removed
    Single,    // a zone, a key, a host: `*.` is refused
    Owner,     // the owner of a record: `*.` is a wildcard and stays (RFC 4592 §2.1.1)
};

struct TypedName {
    Name name;
    std::string note;  // a sentence about what was removed; empty: nothing
};

/// The root is refused except as a QNAME.
Result<TypedName> parse_typed_name(std::string_view text, NameUse use);

/// The text of a name which parse_typed_name() reads as the same name, without a note.
[[nodiscard]] std::string typed_text(const Name& name);

}  // namespace cenote::wire
