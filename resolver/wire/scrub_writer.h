// SPDX-License-Identifier: Apache-2.0
//
// Writes the selected records: in one piece where they are adjacent, otherwise one by one with names in full. Private
// to wire.
//
// Threads:  one at a time. Data plane.
// Memory:   the caller's buffers.
// Failure:  Malformed when a message written anew would be larger than a message can be; Loop when it reveals more
//           names than AnswerInfo has room for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "resolver/base/bytes.h"
#include "resolver/wire/answer.h"
#include "resolver/wire/answer_index.h"

namespace cenote::wire {

/// Replaces the suffix `owner` of `name` by `target`, as a DNAME at `owner` demands (RFC 6672 §2.2); false when the
/// result is longer than a name may be.
[[nodiscard]] bool substitute(const Name& name, const Name& owner, const Name& target, Name& substituted) noexcept;

class ScrubWriter {
public:
    /// A bit beside the index of a DNAME in `order`: write the CNAME that is synthesised from it, not the DNAME.
    static constexpr std::uint16_t kStandsForCname = 0x8000;
    static_assert(AnswerIndex::kRecordsMax < kStandsForCname);

    ScrubWriter(ByteView packet, AnswerIndex& index, const Question& question, MutableBytes out,
                AnswerInfo& shape) noexcept
        : packet_(packet),
          index_(index),
          question_(question),
          out_(out),
          writer_(out.first(kMessageMax)),
          shape_(shape) {}

    /// `order`: indexes into index.records(), the first `answer_count` of them for ANSWER. Sets ttl_s and the links.
    [[nodiscard]] AnswerStatus write(std::span<const std::uint16_t> order, std::size_t answer_count,
                                     std::size_t& size) noexcept;

private:
    using Record = AnswerIndex::Record;

    void write_front(std::size_t answer_count, std::size_t authority_count) noexcept;
    /// Records may be copied in one piece when they are the first of the message and its pointers are tidy().
    [[nodiscard]] bool is_prefix(std::span<const std::uint16_t> order) const noexcept;
    [[nodiscard]] bool copy(std::span<const std::uint16_t> order) noexcept;
    [[nodiscard]] bool rebuild(std::span<const std::uint16_t> order) noexcept;

    /// Writes the CNAME of a DNAME that came without it (RFC 6672 §3.1), at the present name of the chain.
    [[nodiscard]] bool synthesise(const Record& dname) noexcept;
    [[nodiscard]] bool follow(const Record& cname) noexcept;
    [[nodiscard]] bool write_owner(const Record& record) noexcept;
    [[nodiscard]] bool write_rdata(const Record& record) noexcept;
    void remember(const Name& name, std::size_t place) noexcept;
    [[nodiscard]] std::uint32_t take_ttl(const Record& record) noexcept;
    /// `place` is where the record's rdata begins in the scrubbed message.
    [[nodiscard]] bool take_link(const Record& record, std::size_t place) noexcept;
    [[nodiscard]] bool add_link(const Name& target, std::size_t place) noexcept;

    ByteView packet_;
    AnswerIndex& index_;
    const Question& question_;
    MutableBytes out_;
    ByteWriter writer_;
    AnswerInfo& shape_;
    bool too_many_links_ = false;
    Name current_;  // the present name of the chain, of a message that is written record by record
    Name last_link_;
    Name last_name_;  // the last name written in full, likely to be an owner again
    std::uint16_t last_name_pointer_ = 0;
    std::uint16_t last_owner_ = 0;          // the last owner as the packet spelt it, a pointer; 0: none yet
    std::uint16_t last_owner_pointer_ = 0;  // the pointer written for it
};

}  // namespace cenote::wire
