// SPDX-License-Identifier: Apache-2.0
//
// The checks of a proof: each name of a directive by each type and each variant of the query, over each transport. A
// new transport is added here and in channel.cc; where a node has it, tools/cenote/proof_run.cc says.
//
// Threads:  plain values.
// Memory:   none.
// Failure:  none.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "resolver/base/bytes.h"
#include "resolver/wire/name.h"
#include "resolver/wire/types.h"

namespace cenote::proof {

enum class Transport : std::uint8_t { Udp, Tcp, Tls, Https };
inline constexpr std::array kTransports{Transport::Udp, Transport::Tcp, Transport::Tls, Transport::Https};

inline constexpr std::array kTypes{wire::RrType::A,   wire::RrType::AAAA, wire::RrType::HTTPS, wire::RrType::SVCB,
                                   wire::RrType::ANY, wire::RrType::TXT,  wire::RrType::MX,    wire::RrType::DS};

/// How the query is sent. All have EDNS, without which there is no extended error.
enum class Variant : std::uint8_t { Plain, DnssecOk, CheckingDisabled, MixedCase, CheckingDisabledDnssecOk };
inline constexpr std::array kVariants{Variant::Plain, Variant::DnssecOk, Variant::CheckingDisabled, Variant::MixedCase,
                                      Variant::CheckingDisabledDnssecOk};

/// "udp", "tcp", "tls", "https"; "plain", "do", "cd", "mixed-case", "cd+do".
[[nodiscard]] std::string_view transport_to_text(Transport transport) noexcept;
[[nodiscard]] std::string_view variant_to_text(Variant variant) noexcept;

struct Question {
    wire::Name name;
    wire::RrType type{};
    Variant variant = Variant::Plain;
    bool chaos = false;  // class CH
};

/// Writes the query; returns its size. `out` must hold 512 bytes.
[[nodiscard]] std::size_t write_query(const Question& question, std::uint16_t id, MutableBytes out) noexcept;

}  // namespace cenote::proof
