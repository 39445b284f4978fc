// SPDX-License-Identifier: Apache-2.0
//
// Set files of format version 1, as earlier programs wrote them.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "resolver/base/digest.h"
#include "resolver/domainset/format.h"
#include "resolver/domainset/writer.h"

namespace cenote::domainset {

/// The same content in format version 1. `file`: a set or delta without address rules.
inline std::vector<std::uint8_t> as_version1(std::vector<std::uint8_t> file) {
    auto header = format::decode_header(file);
    file.resize(header.section(format::Section::Addresses).offset);
    header.version = format::kVersion1;
    const auto bytes = format::encode(header);
    std::copy(bytes.begin(), bytes.end(), file.begin());
    return file;
}

/// The names that stand for an address rule in such a file.
inline void add_version1_rule(DomainSetWriter& writer, AddressUse use, const Prefix& prefix, const Tag& tag,
                              bool sinkholes) {
    const char* above = use == AddressUse::Response ? "response.cenote.invalid" : "client.cenote.invalid";
    const auto text = fmt::format("{}{}.{}.{}", sinkholes ? "" : "open.", to_hex(prefix.ip().octets()),
                                  prefix.mapped_length(), above);
    writer.add(wire::Name::parse(text).value(), tag, MatchKind::Exact);
    writer.add(wire::Name::parse(above).value(), tag, MatchKind::Exact);
}

}  // namespace cenote::domainset
