// SPDX-License-Identifier: Apache-2.0
//
// DNS messages about zones (RFC 1035 §4.1), read and written: queries, responses, NOTIFY, transfers. Private to
// transfer.
//
// Threads:  values; one thread at a time.
// Memory:   a reader refers into the message; a writer holds the message that it writes.
// Failure:  a message that is cut off or malformed gives nullopt, and ok() is false.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/wire/name.h"
#include "resolver/wire/types.h"

namespace cenote::transfer {

using Message = std::vector<std::uint8_t>;

struct Header {
    std::uint16_t id = 0;
    std::uint16_t flags = 0;  // the second word as sent
    std::uint16_t questions = 0;
    std::uint16_t answers = 0;
    std::uint16_t authorities = 0;
    std::uint16_t additionals = 0;

    [[nodiscard]] bool is_response() const noexcept { return (flags & wire::kFlagQr) != 0; }
    [[nodiscard]] wire::Opcode opcode() const noexcept { return static_cast<wire::Opcode>(flags >> 11 & 0xf); }
    [[nodiscard]] wire::Rcode rcode() const noexcept { return static_cast<wire::Rcode>(flags & 0xf); }
};
/// nullopt: the message is shorter than a header.
[[nodiscard]] std::optional<Header> read_header(ByteView message) noexcept;

struct ZoneQuestion {
    wire::Name name;
    wire::RrType type{};
    std::size_t end = 0;  // offset behind the question
};
/// The only question of a message; nullopt: there are none, several, or it is cut off.
[[nodiscard]] std::optional<ZoneQuestion> read_question(ByteView message) noexcept;

/// A resource record at its place in a message.
struct RecordView {
    std::size_t start = 0;  // offset of the owner
    wire::RrType type{};
    std::uint16_t rr_class = 0;
    std::uint32_t ttl_s = 0;
    std::size_t rdata = 0;  // offset
    std::size_t size = 0;   // bytes of RDATA

    [[nodiscard]] std::size_t end() const noexcept { return rdata + size; }
};

/// Goes through the resource records of a message, of all sections in their order.
class RecordReader {
public:
    explicit RecordReader(ByteView message) noexcept;

    /// nullopt: there are no more, or the message is malformed from here on.
    [[nodiscard]] std::optional<RecordView> next() noexcept;
    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] const Header& header() const noexcept { return header_; }
    /// How many records follow the last one that next() gave.
    [[nodiscard]] std::uint32_t left() const noexcept { return left_; }

private:
    ByteView message_;
    Header header_;
    std::size_t at_ = wire::kHeaderSize;
    std::uint32_t left_ = 0;
    bool ok_ = true;
};

/// Appends fields in network byte order to bytes that grow.
class WireWriter {
public:
    void u16(std::uint16_t number);
    void u32(std::uint32_t number);
    void u48(std::uint64_t number);
    void bytes(ByteView more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }
    void bytes(std::string_view text);
    void name(const wire::Name& name) { bytes(name.wire()); }

    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    [[nodiscard]] ByteView written() const noexcept { return bytes_; }

protected:
    Message bytes_;
};

/// Writes one message front to back; the counts in its header follow from what is written.
class MessageWriter : public WireWriter {
public:
    MessageWriter(std::uint16_t id, std::uint16_t flags);
    /// Goes on behind a finished message, to append an additional record.
    explicit MessageWriter(Message message);

    /// The question as it stood in another message; before any record.
    void question(ByteView as_sent);
    void question(const wire::Name& name, wire::RrType type);

    /// Begins a record of class IN in the answer section, whose owner is `labels` (wire format, without the root)
    /// followed by the name of the question. Its RDATA is what is written until end_record().
    void begin_answer(std::string_view labels, wire::RrType type, std::uint32_t ttl_s);
    /// The same in the authority section, of the name of the question itself.
    void begin_authority(wire::RrType type, std::uint32_t ttl_s);
    /// The same with class ANY and TTL 0 in the additional section.
    void begin_additional(const wire::Name& owner, wire::RrType type);
    void end_record();

    [[nodiscard]] Message finish() &&;

private:
    void begin_record(wire::RrType type, wire::RrClass rr_class, std::uint32_t ttl_s);

    Header header_;
    std::size_t size_at_ = 0;  // offset of the RDLENGTH of the record that is written
};

}  // namespace cenote::transfer
