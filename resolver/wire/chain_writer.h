// SPDX-License-Identifier: Apache-2.0
//
// Builds an answer of local records and parts of scrubbed answers to other questions. The result has the form of a
// scrubbed answer (answer.h), so that finish_answer() can turn it into a reply.
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

/// Whether signatures and proofs in the parts are copied: a client without DO does not get them (RFC 4035 §3.2.1).
enum class DnssecRecords : std::uint8_t { Keep, Strip };

class ChainWriter {
public:
    ChainWriter(const Question& question, MutableBytes out, DnssecRecords dnssec) noexcept;

    /// Adds a record to ANSWER, or to AUTHORITY once ANSWER is complete; no name in `rdata` is compressed.
    void add_answer(const Name& owner, RrType type, std::uint32_t ttl_s, ByteView rdata) noexcept;
    void add_authority(const Name& owner, RrType type, std::uint32_t ttl_s, ByteView rdata) noexcept;
    /// Adds the first `answers` records of ANSWER of a scrubbed message; kAll: all of them, and all of AUTHORITY.
    static constexpr std::size_t kAll = ~std::size_t{0};
    void add_part(ByteView message, std::size_t answers) noexcept;

    /// Completes the header and returns the size of the message.
    [[nodiscard]] std::size_t finish(Rcode rcode) noexcept;

private:
    void write_owner(const Name& owner) noexcept;
    void begin_record(const Name& owner, RrType type, std::uint32_t ttl_s) noexcept;
    /// Moves `at` behind the record there. Unless it is to be stripped, writes it with names in full and counts it.
    [[nodiscard]] bool copy_record(ByteView message, std::size_t& at, std::uint16_t& count) noexcept;
    /// Writes the name at `at` in full, the case of its letters unchanged; sets `next` to the offset behind it.
    [[nodiscard]] bool copy_name(ByteView message, std::size_t at, std::size_t& next) noexcept;
    void remember_target(RrType type, std::size_t place) noexcept;

    const Question& question_;
    MutableBytes out_;
    ByteWriter writer_;
    Name target_;  // the target of the last CNAME, likely to be the next owner
    DnssecRecords dnssec_;
    std::uint16_t target_pointer_ = 0;
    std::uint16_t flags_ = kFlagQr | kFlagRa;
    std::uint16_t answers_ = 0;
    std::uint16_t authorities_ = 0;
    bool readable_ = true;
};

}  // namespace cenote::wire
