// SPDX-License-Identifier: Apache-2.0
//
// Checks an answer from its first byte to its last and notes the offsets of its records. Private to wire.
//
// Threads:  one at a time. Data plane.
// Time:     linear in the size of the packet: reading names is limited to work proportional to its bytes, so that
//           neither deep compression nor many owners can make it expensive (CVE-2024-8508, CVE-2023-4408).
// Memory:   50 KB inside the object, meant for the stack; only the part that the packet needs is written.
// Failure:  false: malformed. A spent budget makes every later question about names false; see spent().
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>

#include "resolver/base/bytes.h"
#include "resolver/wire/name.h"
#include "resolver/wire/types.h"

namespace cenote::wire {

class AnswerIndex {
public:
    static constexpr std::size_t kRecordsMax = 5957;  // records of eleven bytes, the shortest there are, in kMessageMax

    /// Offsets of the owner, of TYPE behind it, and of the byte behind the rdata.
    struct Record {
        std::uint16_t owner;
        std::uint16_t fixed;
        std::uint16_t end;
    };

    explicit AnswerIndex(ByteView packet) noexcept : packet_(packet), work_left_(1024 + 4 * packet.size()) {}

    /// Reads header and question, before any other call.
    [[nodiscard]] bool read_question() noexcept;
    /// Reads everything behind the question; false also when bytes follow the message.
    [[nodiscard]] bool read_records() noexcept;

    /// Records of ANSWER, then those of AUTHORITY.
    [[nodiscard]] std::span<const Record> records() const noexcept { return {records_.data(), count_}; }
    [[nodiscard]] std::size_t answer_count() const noexcept { return answer_count_; }
    [[nodiscard]] std::size_t question_end() const noexcept { return question_end_; }
    [[nodiscard]] bool has_opt() const noexcept { return opt_ != 0; }
    /// The offset of TYPE of the OPT; CLASS, TTL and RDATA follow it.
    [[nodiscard]] std::size_t opt() const noexcept { return opt_; }

    [[nodiscard]] RrType type(const Record& record) const noexcept {
        return static_cast<RrType>(load_u16(&packet_[record.fixed]));
    }
    [[nodiscard]] RrClass rr_class(const Record& record) const noexcept {
        return static_cast<RrClass>(load_u16(&packet_[record.fixed + 2U]));
    }
    [[nodiscard]] std::size_t rdata(const Record& record) const noexcept { return record.fixed + 10U; }
    /// The type that an RRSIG covers.
    [[nodiscard]] RrType covered(const Record& record) const noexcept {
        return static_cast<RrType>(load_u16(&packet_[rdata(record)]));
    }

    /// The owner as it is spelt when it is a pointer and nothing else, so that equal owners are recognised without
    /// reading them; otherwise 0.
    [[nodiscard]] std::uint16_t owner_pointer(const Record& record) const noexcept {
        const std::uint16_t spelt = load_u16(&packet_[record.owner]);
        return spelt >= 0xc000 ? spelt : std::uint16_t{0};
    }

    /// Whether the name at offset `at`, which check has read before, is `name`.
    [[nodiscard]] bool is_name(std::size_t at, const Name& name) noexcept;
    [[nodiscard]] bool read_name(std::size_t at, Name& name, std::size_t& end) noexcept;

    /// Whether every pointer leads to the start of a label of an earlier name. If not, a name may consist of bytes that
    /// change, such as a TTL that ages, so the records must not be copied as they stand.
    [[nodiscard]] bool tidy() const noexcept { return tidy_; }
    [[nodiscard]] bool spent() const noexcept { return work_left_ == 0; }

private:
    enum class Section : std::uint8_t { Answer, Authority, Additional };

    [[nodiscard]] bool read_record(Section section) noexcept;
    [[nodiscard]] bool check_rdata(RrType type, RrClass rr_class, std::size_t end) noexcept;
    [[nodiscard]] bool check_name(std::size_t& at, bool may_be_compressed) noexcept;
    [[nodiscard]] bool check_options(std::size_t end) const noexcept;
    bool spend(std::size_t work) noexcept;

    static constexpr std::size_t kPointerReach = 0x4000;

    ByteView packet_;
    std::size_t work_left_;
    std::size_t at_ = 0;
    std::size_t question_end_ = 0;
    std::size_t opt_ = 0;
    std::size_t count_ = 0;
    std::size_t answer_count_ = 0;
    bool tidy_ = true;
    std::bitset<kPointerReach> label_starts_;
    std::array<Record, kRecordsMax> records_;
};

}  // namespace cenote::wire
