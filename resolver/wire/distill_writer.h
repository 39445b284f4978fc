// SPDX-License-Identifier: Apache-2.0
//
// Writes the records that were chosen: copied in one piece where they stand in a row, else one by one, names in full.
// Private to wire.
//
// Threads:  one at a time. Data plane.
// Memory:   the caller's buffers.
// Failure:  Malformed when a message written anew would be larger than a message can be; Loop when it reveals more
//           names than AnswerShape has room for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "resolver/base/bytes.h"
#include "resolver/wire/answer.h"
#include "resolver/wire/answer_index.h"

namespace cenote::wire {

/// `name` with its tail `owner` replaced by `target`, as a DNAME at `owner` has it (RFC 6672 §2.2); false when that is
/// longer than a name may be.
[[nodiscard]] bool substitute(const Name& name, const Name& owner, const Name& target, Name& substituted) noexcept;

class DistillWriter {
public:
    /// With the index of a DNAME in `order`: not the record itself, but the CNAME that it stands for.
    static constexpr std::uint16_t kStandsForCname = 0x8000;
    static_assert(AnswerIndex::kRecordsMax < kStandsForCname);

    DistillWriter(ByteView packet, AnswerIndex& index, const Question& question, MutableBytes out,
                  AnswerShape& shape) noexcept
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
    /// Records may be copied when they are the first of the message and their names stay among names.
    [[nodiscard]] bool is_prefix(std::span<const std::uint16_t> order) const noexcept;
    [[nodiscard]] bool copy(std::span<const std::uint16_t> order) noexcept;
    [[nodiscard]] bool rebuild(std::span<const std::uint16_t> order) noexcept;

    /// The CNAME of a DNAME that came without it (RFC 6672 §3.1), at the name where the chain has come to.
    [[nodiscard]] bool synthesise(const Record& dname) noexcept;
    [[nodiscard]] bool follow(const Record& cname) noexcept;
    [[nodiscard]] bool write_owner(const Record& record) noexcept;
    [[nodiscard]] bool write_rdata(const Record& record) noexcept;
    void remember(const Name& name, std::size_t place) noexcept;
    [[nodiscard]] std::uint32_t take_ttl(const Record& record) noexcept;
    /// `place` is where the record's rdata begins in the distilled message.
    [[nodiscard]] bool take_link(const Record& record, std::size_t place) noexcept;
    [[nodiscard]] bool add_link(const Name& target, std::size_t place) noexcept;

    ByteView packet_;
    AnswerIndex& index_;
    const Question& question_;
    MutableBytes out_;
    ByteWriter writer_;
    AnswerShape& shape_;
    bool too_many_links_ = false;
    Name current_;  // where the chain of a message written anew has come to
    Name last_link_;
    Name last_name_;  // written in full, and likely to be an owner again
    std::uint16_t last_name_pointer_ = 0;
    std::uint16_t last_owner_ = 0;          // as the packet spelt it, a mere pointer; 0: none yet
    std::uint16_t last_owner_pointer_ = 0;  // what we wrote for it
};

}  // namespace cenote::wire
