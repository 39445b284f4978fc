// SPDX-License-Identifier: Apache-2.0
//
// The one parser for domain names that people type: in cenote.toml, in directives, at the command line.
//
// What is pasted from an address bar or a list is read as the name in it where the meaning is plain: scheme, path,
// port, final dot and a leading `*.` are taken off, and the note says so. What is not plain is refused, with what to
// write: taken as it stands it would be in force and match nothing. A name consists of letters, digits, '-' and '_';
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

/// What the name stands for, which decides what `*.` in front of it means.
enum class NameUse : std::uint8_t {
    Question,  // one name that is asked for: `*.` is refused; the root is a name
    Subtree,   // a name and all below it: `*.` says nothing more, and is taken off
    Single,    // a zone, a key, a host: `*.` is refused
    Owner,     // of a record: `*.` is a wildcard and stays (RFC 4592 §2.1.1)
};

struct TypedName {
    Name name;
    std::string note;  // what was taken off, a sentence; empty: nothing
};

/// The root is refused, but for a question.
Result<TypedName> parse_typed_name(std::string_view text, NameUse use);

/// The text of a name which parse_typed_name() reads as the same name, without a note.
[[nodiscard]] std::string typed_text(const Name& name);

}  // namespace cenote::wire
