// SPDX-License-Identifier: Apache-2.0
//
// What policy decides about a name: steps, answer modes, the verdict, and the cell that a verdict leads to.
//
// Threads:  plain values.
// Memory:   the texts and records of a Cell belong to the Policy that gave it.
// Failure:  none; parsing gives nullopt.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "resolver/base/bytes.h"
#include "resolver/domainset/entry.h"
#include "resolver/wire/types.h"

namespace cenote::policy {

/// How strict a directive is. The order of the enumerators is the order of strictness.
enum class Step : std::uint8_t { None = 0, Observe, Advise, Restrict, Block };
/// The rank of the authority that issued a directive. A higher layer wins whatever the steps are.
enum class Layer : std::uint8_t { Site = 0, Agency, Ministry, Nation };
enum class AnswerMode : std::uint8_t { Null = 0, Nodata, Nxdomain, Address, Cname, Refused, Drop };
enum class DirectiveState : std::uint8_t { Planned, InForce, Lapsed };

/// Sets that are looked up for a name: the mapped base set, then the overlay of names that policy itself contains
/// (`domain:` targets, allows).
inline constexpr std::size_t kSetsMax = 2;

/// The number of a set of groups, exceptions and client triggers that an address can be in.
using ClientClass = std::uint32_t;
/// The number of what a client has proved beside its address: the groups into which its certificate or its token puts
/// it (Policy::identities()). UDP and TCP prove nothing.
enum class Identity : std::uint16_t { None = 0 };
inline constexpr domainset::SourceSetId kNoTags = 0xffffffff;  // no entry of a set holds for the name

/// Which entry of each set holds for a name.
struct Match {
    std::array<domainset::SourceSetId, kSetsMax> tags{kNoTags, kNoTags};
    std::array<std::uint8_t, kSetsMax> labels{};  // number of labels of the deepest entry in each set
};

/// A small value; Policy::cell() gives the details.
struct Verdict {
    std::uint32_t cell = 0;   // 0: nothing holds
    std::uint8_t labels = 0;  // number of labels of the entry, which is the owner name of the SOA in a sinkhole answer
};

/// Everything that the answers of one verdict share. Texts live as long as the Policy.
struct Cell {
    Step step = Step::None;
    bool allowed = false;          // an allow holds here; it overrides every step below block
    bool keep_open_below = false;  // a name below the entry is not sinkholed: NODATA instead of NXDOMAIN
                                   // (RFC 8020 §2), and DNSSEC and zone data of the name are forwarded
    AnswerMode answer = AnswerMode::Null;
    wire::EdeCode ede = wire::EdeCode::Blocked;
    std::uint32_t service = kNone;    // index into sources() of the base set: the service or list that matched
    std::uint32_t directive = kNone;  // index into directives()
    std::uint32_t exception = kNone;  // index into exceptions(): it waives `directive` for this client
    std::uint32_t ttl_s = 30;
    std::string_view text;              // EXTRA-TEXT, one sentence for a person
    std::string_view structured;        // I-JSON for a client that sent option 26; code 15, 16 or 17
    std::string_view structured_short;  // the same without `j` and `o`
    ByteView soa_rdata;                 // for a negative answer, MINIMUM included
    ByteView txt_rdata;                 // the explaining TXT; empty: none
    ByteView ipv4;                      // RDATA for the answer mode; empty: NODATA
    ByteView ipv6;
    ByteView cname;

    static constexpr std::uint32_t kNone = 0xffffffff;
    [[nodiscard]] bool is_sinkholed() const noexcept {
        return step >= Step::Restrict && !(allowed && step < Step::Block);
    }
};

/// Step::None is "nothing".
[[nodiscard]] std::string_view step_to_text(Step step) noexcept;
[[nodiscard]] std::optional<Step> parse_step(std::string_view text) noexcept;
[[nodiscard]] std::string_view answer_mode_to_text(AnswerMode mode) noexcept;
[[nodiscard]] std::optional<AnswerMode> parse_answer_mode(std::string_view text) noexcept;
[[nodiscard]] std::string_view layer_to_text(Layer layer) noexcept;
[[nodiscard]] std::optional<Layer> parse_layer(std::string_view text) noexcept;

}  // namespace cenote::policy
