// SPDX-License-Identifier: Apache-2.0
//
// What a closed name says to the person behind it: the sentence, its structured twin, the SOA and the TXT.
//
// Threads:  pure. Control plane.
// Memory:   the texts; each bounded, so that an answer with one still fits a datagram.
// Failure:  none: what does not fit is cut between characters, what cannot be a mailbox becomes hostmaster.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/policy/options.h"
#include "resolver/wire/types.h"

namespace cenote::policy {

inline constexpr std::size_t kTextMax = 200;  // EXTRA-TEXT; RFC 8914 §3 warns of long ones

/// What a sentence is made of.
struct Notice {
    std::string_view subject;  // "DeepSeek", "extra.example"
    const Directive* directive = nullptr;
    Step step = Step::Restrict;
    std::string_view until;  // a day; empty: open end
    std::string_view language;
};

/// The reason in a language (also "ko" for "ko-KR"), else in English, else the first; nullptr: none.
[[nodiscard]] const std::pair<std::string, std::string>* reason_in(const Directive& directive,
                                                                   std::string_view language) noexcept;

/// "DeepSeek is restricted by directive demo-1 until 2026-12-31: the reason; ask dns@agency.example".
[[nodiscard]] std::string sentence(const Notice& notice);

enum class Detail : std::uint8_t { Full, Short };  // Short: without what is for reading only
/// The I-JSON object of structured DNS errors (draft-ietf-dnsop-structured-dns-error §4); empty when it would have
/// neither contact, text nor sub-error, for clients discard that.
[[nodiscard]] std::string structured_error(const Notice& notice, wire::EdeCode code, Detail detail);

/// MNAME the node, RNAME the directive's first mailbox, SERIAL the policy's version, MINIMUM the TTL (RFC 2308 §3).
[[nodiscard]] std::vector<std::uint8_t> soa_rdata(std::string_view node, const std::vector<std::string>& contact,
                                                  std::uint32_t serial, std::uint32_t ttl_s);

/// Character-strings of at most 255 bytes (RFC 1035 §3.3.14).
[[nodiscard]] std::vector<std::uint8_t> txt_rdata(std::string_view text);

/// At most `bytes_max` bytes, cut between characters.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t bytes_max) noexcept;

}  // namespace cenote::policy
