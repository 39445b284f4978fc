// SPDX-License-Identifier: Apache-2.0
//
// Builds an answer of records from several places: local ones, and parts of distilled answers to other questions. What
// it writes has the form of a distilled answer (answer.h), so that finish_answer() can make it a reply.
//
// Threads:  one at a time. Data plane.
// Memory:   the caller's buffer.
// Failure:  finish() gives 0 when the records did not fit or a part could not be read.
#pragma once

#include <cstddef>
#include <cstdint>

#include "resolver/base/bytes.h"
#include "resolver/wire/answer.h"

namespace cenote::wire {

/// What becomes of signatures and proofs in the parts: a client without DO is not given them (RFC 4035 §3.2.1).
enum class DnssecRecords : std::uint8_t { Keep, Strip };

class ChainWriter {
public:
    ChainWriter(const Question& question, MutableBytes out, DnssecRecords dnssec) noexcept;

    /// A record of ANSWER, or of AUTHORITY behind all of ANSWER; no name in `rdata` is compressed.
    void add_answer(const Name& owner, RrType type, std::uint32_t ttl_s, ByteView rdata) noexcept;
    void add_authority(const Name& owner, RrType type, std::uint32_t ttl_s, ByteView rdata) noexcept;
    /// The first records of ANSWER of a distilled message; its last ones, and all of AUTHORITY with them, where
    /// `answers` says kAll.
    static constexpr std::size_t kAll = ~std::size_t{0};
    void add_part(ByteView message, std::size_t answers) noexcept;

    /// The size of the message.
    [[nodiscard]] std::size_t finish(Rcode rcode) noexcept;

private:
    void write_owner(const Name& owner) noexcept;
    void begin_record(const Name& owner, RrType type, std::uint32_t ttl_s) noexcept;
    /// Steps over the record at `at`, and writes it, names in full, and counts it unless it is to be stripped.
    [[nodiscard]] bool copy_record(ByteView message, std::size_t& at, std::uint16_t& count) noexcept;
    /// Writes the name at `at` in full, its letters as they are; `next` is behind it there.
    [[nodiscard]] bool copy_name(ByteView message, std::size_t at, std::size_t& next) noexcept;
    void remember_target(RrType type, std::size_t place) noexcept;

    const Question& question_;
    MutableBytes out_;
    ByteWriter writer_;
    Name target_;  // of the last CNAME: likely to be the next owner
    DnssecRecords dnssec_;
    std::uint16_t target_pointer_ = 0;
    std::uint16_t flags_ = kFlagQr | kFlagRa;
    std::uint16_t answers_ = 0;
    std::uint16_t authorities_ = 0;
    bool readable_ = true;
};

}  // namespace cenote::wire
