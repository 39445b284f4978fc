// SPDX-License-Identifier: Apache-2.0
#include "blocklists/minisign.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "blocklists/lines.h"
#include "resolver/base/digest.h"

namespace cenote::blocklists {
namespace {

constexpr std::size_t kAlgorithmSize = 2;  // "Ed": over the text; "ED": over its BLAKE2b-512
constexpr std::size_t kIdSize = 8;
constexpr std::size_t kKeySize = 32;
constexpr std::size_t kSignatureSize = 64;
constexpr std::string_view kTrusted = "trusted comment: ";

/// "timestamp:1700000000\tfile:list.txt"; 0: it has no timestamp.
std::int64_t timestamp_in(std::string_view comment) {
    constexpr std::string_view kTimestamp = "timestamp:";
    const auto at = comment.find(kTimestamp);
    std::int64_t stamp = 0;
    if (at == std::string_view::npos) return 0;
    std::from_chars(comment.data() + at + kTimestamp.size(), comment.data() + comment.size(), stamp);
    return stamp;
}

const Error kNoSignature{"its signature is none that minisign makes"};

}  // namespace

Result<MinisignKey> MinisignKey::parse(std::string_view text) {
    const auto bytes = from_base64(text);
    if (!bytes || bytes->size() != kAlgorithmSize + kIdSize + kKeySize || (*bytes)[0] != 'E' || (*bytes)[1] != 'd')
        return Error{"this is no minisign public key; write the second line of the .pub file, which begins with RW"};
    MinisignKey key;
    std::copy_n(bytes->begin() + kAlgorithmSize, kIdSize, key.id_.begin());
    std::copy_n(bytes->begin() + kAlgorithmSize + kIdSize, kKeySize, key.key_.begin());
    return key;
}

Result<std::int64_t> MinisignKey::verify(ByteView content, std::string_view signature) const {
    std::vector<std::string_view> lines;
    for_each_line(signature, [&](std::string_view line, std::uint32_t) {
        lines.push_back(line);
        return lines.size() < 4;
    });
    if (lines.size() < 4 || !lines[2].starts_with(kTrusted)) return kNoSignature;
    const auto made = from_base64(lines[1]);
    const auto global = from_base64(lines[3]);
    if (!made || made->size() != kAlgorithmSize + kIdSize + kSignatureSize || !global ||
        global->size() != kSignatureSize)
        return kNoSignature;
    const bool hashed = (*made)[1] == 'D';  // "Ed" signs the text itself
    if ((*made)[0] != 'E' || (!hashed && (*made)[1] != 'd')) return kNoSignature;
    if (!std::equal(id_.begin(), id_.end(), made->begin() + kAlgorithmSize))
        return Error{"it is signed with another key than the one configured"};
    const ByteView own = ByteView(*made).subspan(kAlgorithmSize + kIdSize);
    const auto hash = hashed ? blake2b512(content) : std::array<std::uint8_t, 64>{};
    if (!verify_ed25519(key_, hashed ? ByteView(hash) : content, own))
        return Error{"its signature does not fit: it was changed, or signed for another text"};
    std::vector<std::uint8_t> with_comment(own.begin(), own.end());
    const auto comment = lines[2].substr(kTrusted.size());
    with_comment.insert(with_comment.end(), comment.begin(), comment.end());
    if (!verify_ed25519(key_, with_comment, *global)) return Error{"the trusted comment of its signature was changed"};
    return timestamp_in(comment);
}

}  // namespace cenote::blocklists
