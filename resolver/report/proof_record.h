// SPDX-License-Identifier: Apache-2.0
//
// The result of `cenote prove` as the audit trail keeps it: a record with the action "proof", the directive as its
// object, and this document as text:
//
//   {"cells":96,"deviations":0,"digest":"<SHA-256>","names":3,"nodes":["192.0.2.53:53"],"policy":"<digest of the
//   rules>",
//    "rows":[{"ede":[15],"expected":…,"got":…,"name":…,"node":…,"transport":…,"type":…,"variant":…}],
//    "transports":["udp","tcp"]}
//
// Threads: pure.   Memory: values.   Failure: Result with one line, which names the field.
#pragma once

#include <string>
#include <string_view>

#include "resolver/base/clock.h"
#include "resolver/report/values.h"

namespace cenote::report {

inline constexpr std::size_t kProofRowsMax = 200;          // deviations of a record
inline constexpr std::size_t kProofTextMax = 96UL * 1024;  // bytes of the document
inline constexpr std::string_view kProofAction = "proof";

/// The last saved proof of a directive.
struct LastProof {
    std::string directive;
    std::uint64_t cells = 0;
    std::uint64_t deviations = 0;
    WallTime at{};
};

/// Checks the document, all its fields and no others.
Status check_proof(const Json& document);
/// The figures of a record's text; an Error where it is no such document.
Result<LastProof> read_proof(const std::string& text);
/// "96 checks on 2 nodes, none deviates"; empty: the text is no such document.
[[nodiscard]] std::string proof_sentence(const std::string& text, Language language = Language::English);
/// "96 checks on 2 nodes, 3 deviate".
[[nodiscard]] std::string proof_sentence(std::uint64_t cells, std::uint64_t deviations, std::size_t nodes,
                                         Language language = Language::English);

}  // namespace cenote::report
