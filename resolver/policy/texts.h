// SPDX-License-Identifier: Apache-2.0
//
// The texts of a sinkhole answer: the sentence for people, the same for programs, the SOA and the TXT record.
//
// What matters stays in a sentence that is too long: first the reason is cut, then the subject, then the end is left
// out; the directive's id and the contact remain.
//
// Threads:  pure. Control plane.
// Memory:   the texts; each is bounded, so that an answer with it still fits a datagram.
// Failure:  none: a text is cut between characters; without a mailbox RNAME is hostmaster.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/domainset/source.h"
#include "resolver/policy/moment.h"
#include "resolver/policy/phrases.h"
#include "resolver/wire/types.h"

namespace cenote::policy {

inline constexpr std::size_t kTextMax = 200;       // EXTRA-TEXT; RFC 8914 §3 warns of long ones
inline constexpr std::size_t kTxtStringMax = 255;  // RFC 1035 §3.3.14

/// The parts of a sentence.
struct Notice {
    std::string_view subject;  // "DeepSeek", "extra.example"
    const Directive* directive = nullptr;
    Step step = Step::Restrict;
    const Until* until = nullptr;  // never null
    std::string_view language;
    const Phrases* phrases = nullptr;  // never null: phrases_for(language)
};

/// What a sentence says of a service or of a name of a list.
[[nodiscard]] std::string subject_of(const domainset::Source& source, const Phrases& phrases);

/// The reason in a language (also "ko" for "ko-KR"), else in English, else the first; nullptr: none.
[[nodiscard]] const std::pair<std::string, std::string>* reason_in(const Directive& directive,
                                                                   std::string_view language) noexcept;

/// "DeepSeek is restricted by directive demo-1 until 2026-12-31: the reason; ask dns@agency.example".
[[nodiscard]] std::string sentence(const Notice& notice);
/// How many bytes of the reason the sentence has room for; all of them where the reason is whole.
[[nodiscard]] std::size_t reason_bytes_shown(const Notice& notice);

enum class Detail : std::uint8_t { Full, Short };  // Short: without the members for people only
/// The I-JSON object of structured DNS errors (draft-ietf-dnsop-structured-dns-error §4); empty when it would have
/// neither contact, text nor sub-error, because clients discard such an object.
[[nodiscard]] std::string structured_error(const Notice& notice, wire::EdeCode code, Detail detail);

/// MNAME the node, RNAME the directive's first mailbox, SERIAL the policy's version, MINIMUM the TTL (RFC 2308 §3).
[[nodiscard]] std::vector<std::uint8_t> soa_rdata(std::string_view node, const std::vector<std::string>& contact,
                                                  std::uint32_t serial, std::uint32_t ttl_s);

/// Character-strings of at most 255 bytes (RFC 1035 §3.3.14).
[[nodiscard]] std::vector<std::uint8_t> txt_rdata(std::string_view text);

/// At most `bytes_max` bytes, cut between characters.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t bytes_max) noexcept;

}  // namespace cenote::policy
