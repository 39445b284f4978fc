// SPDX-License-Identifier: Apache-2.0
//
// Makes the checksums of a changed set file correct again, as an attacker would.
#pragma once

#include <algorithm>
#include <vector>

#include "resolver/domainset/format.h"

namespace cenote::domainset {

inline void sign_again(std::vector<std::uint8_t>& file) {
    if (file.size() < format::kHeaderBytes) return;
    auto header = format::decode_header(file);
    header.version = format::kVersion;
    for (auto& section : header.sections)
        if (section.offset <= file.size() && section.size <= file.size() - section.offset)
            section.checksum = format::checksum(ByteView(file).subspan(section.offset, section.size));
    const auto bytes = format::encode(header);
    std::copy(bytes.begin(), bytes.end(), file.begin());
}

}  // namespace cenote::domainset
