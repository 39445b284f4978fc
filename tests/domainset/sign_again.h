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
    if (header.version != format::kVersion && header.version != format::kVersion1) {
        store_u32(&file[format::kMagic.size()], format::kVersion);
        header = format::decode_header(file);
    }
    for (auto& section : header.sections)
        if (section.offset <= file.size() && section.size <= file.size() - section.offset)
            section.checksum = format::checksum(ByteView(file).subspan(section.offset, section.size));
    const auto bytes = format::encode(header);
    std::copy(bytes.begin(), bytes.end(), file.begin());
}

}  // namespace cenote::domainset
