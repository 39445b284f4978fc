// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <bitset>
#include <span>

#include "resolver/base/check.h"
#include "resolver/wire/answer.h"
#include "resolver/wire/answer_index.h"
#include "resolver/wire/dnssec_strip.h"
#include "resolver/wire/scrub_writer.h"

namespace cenote::wire {
namespace {

constexpr std::uint16_t kRcodeBits = 0x000f;

/// Reads the OPT, which is hop by hop and not kept (RFC 6891 §6.2.1).
void read_opt(ByteView packet, const AnswerIndex& index, AnswerInfo& shape) noexcept {
    shape.has_edns = index.has_opt();
    if (!shape.has_edns) return;
    ByteReader reader(packet.subspan(index.opt() + 4));
    const unsigned upper = reader.u8();
    shape.rcode = static_cast<Rcode>(upper << 4 | static_cast<unsigned>(shape.rcode));
    reader.skip(3);
    ByteReader options(reader.bytes(reader.u16()));
    while (options.left() > 0 && !shape.has_error) {
        const auto code = static_cast<OptionCode>(options.u16());
        const ByteView data = options.bytes(options.u16());
        if (code != OptionCode::ExtendedError || data.size() < 2) continue;
        shape.has_error = true;
        shape.error_code = static_cast<EdeCode>(load_u16(data.data()));
    }
}

bool asks(ByteView packet, AnswerIndex& index, const Question& question) noexcept {
    const std::uint8_t* kind = &packet[index.question_end() - 4];
    return index.is_name(kHeaderSize, question.name) && load_u16(kind) == static_cast<std::uint16_t>(question.type) &&
           load_u16(kind + 2) == static_cast<std::uint16_t>(question.rr_class);
}

/// Chooses the records that may be kept, in the order in which they belong in an answer (RFC 1034 §4.3.2).
class Selection {
public:
    Selection(AnswerIndex& index, const Question& question, AnswerInfo& shape) noexcept
        : index_(index), question_(question), shape_(shape), current_(question.name) {}

    AnswerStatus run() noexcept {
        const bool exists = shape_.rcode == Rcode::NoError;
        if (!exists && shape_.rcode != Rcode::NXDomain) return AnswerStatus::Ok;  // no record of an error is kept
        for (std::size_t aliases = 0; aliases <= AnswerInfo::kLinksMax; ++aliases) {
            if (exists && question_.type == RrType::CNAME) keep_origin();
            const bool found = exists && (keep_wanted() || keep_synthesised());
            const Alias alias = found || !may_follow() ? Alias::End : keep_alias();
            if (index_.spent()) return AnswerStatus::Malformed;
            if (alias == Alias::Loop) return AnswerStatus::Loop;
            if (alias == Alias::Next) continue;
            if (shape_.rcode == kYxDomain) {
                count_ = 0;
                return AnswerStatus::Ok;
            }
            shape_.negative = !found;
            answer_count_ = count_;
            keep_authority();
            return index_.spent() ? AnswerStatus::Malformed : AnswerStatus::Ok;
        }
        return AnswerStatus::Loop;
    }

    [[nodiscard]] std::span<const std::uint16_t> order() const noexcept { return {order_.data(), count_}; }
    [[nodiscard]] std::size_t answer_count() const noexcept { return answer_count_; }
    [[nodiscard]] bool holds_dnssec() const noexcept {
        return std::ranges::any_of(order(), [this](std::uint16_t i) {
            return (i & ScrubWriter::kStandsForCname) == 0 &&
                   is_authenticating(index_.type(index_.records()[i]), question_.type);
        });
    }

private:
    enum class Alias : std::uint8_t { End, Next, Loop };  // where a name of the chain leads
    using Record = AnswerIndex::Record;

    [[nodiscard]] bool may_follow() const noexcept {
        return question_.type != RrType::CNAME && question_.type != RrType::ANY;
    }
    [[nodiscard]] bool is_wanted(RrType type) const noexcept {
        const bool is_data = type != RrType::TKEY && (type < RrType::TSIG || type > RrType::ANY);
        return type == question_.type || (question_.type == RrType::ANY && is_data);
    }
    [[nodiscard]] bool is_signature(const Record& record, RrType covered) const noexcept {
        return index_.type(record) == RrType::RRSIG && index_.rr_class(record) == RrClass::IN &&
               index_.covered(record) == covered;
    }
    [[nodiscard]] std::span<const Record> answer() const noexcept {
        return index_.records().first(index_.answer_count());
    }

    /// Keeps the records of QTYPE at the present name of the chain, with their signatures.
    bool keep_wanted() noexcept {
        const std::size_t before = count_;
        bool found = false;
        for (std::size_t i = 0; i < answer().size(); ++i) {
            const Record& record = answer()[i];
            const bool wanted = is_wanted(index_.type(record)) && index_.rr_class(record) == RrClass::IN;
            if ((!wanted && !is_signature(record, question_.type)) || !is_current(record)) continue;
            found = found || wanted;
            keep(i);
        }
        if (!found) give_back(before);  // signatures without the records that they cover
        return found;
    }

    /// QTYPE is CNAME: keeps the DNAME that the CNAME is synthesised from, with its signatures (RFC 6672 §3.1).
    void keep_origin() noexcept {
        Name owner;
        const auto from = std::ranges::find_if(answer(), [&](const Record& record) {
            return index_.type(record) == RrType::DNAME && index_.rr_class(record) == RrClass::IN &&
                   is_above(record, owner);
        });
        if (from == answer().end()) return;
        for (std::size_t i = 0; i < answer().size(); ++i)
            if (&answer()[i] == &*from ||
                (is_signature(answer()[i], RrType::DNAME) && index_.is_name(answer()[i].owner, owner)))
                keep(i);
    }

    /// QTYPE is CNAME: the CNAME may have to be synthesised from a DNAME.
    bool keep_synthesised() noexcept { return question_.type == RrType::CNAME && keep_alias() == Alias::Next; }

    /// Keeps the CNAME and the DNAME that it is synthesised from; without the CNAME it is synthesised here (RFC 6672
    /// §3.1). The target becomes the present name of the chain.
    Alias keep_alias() noexcept {
        const Record* cname = nullptr;
        const Record* dname = nullptr;
        Name dname_owner;
        for (const Record& record : answer()) {
            if (index_.rr_class(record) != RrClass::IN) continue;
            const RrType type = index_.type(record);
            if (type == RrType::CNAME && cname == nullptr && is_current(record)) cname = &record;
            if (type == RrType::DNAME && dname == nullptr && is_above(record, dname_owner)) dname = &record;
        }
        if (cname == nullptr && dname == nullptr) return Alias::End;
        for (std::size_t i = 0; i < answer().size(); ++i) {
            const Record& record = answer()[i];
            const bool of_cname =
                cname != nullptr && (&record == cname || (is_signature(record, RrType::CNAME) && is_current(record)));
            const bool of_dname = dname != nullptr && (&record == dname || (is_signature(record, RrType::DNAME) &&
                                                                            index_.is_name(record.owner, dname_owner)));
            if (of_cname || of_dname) keep(i);
        }
        Name target;
        std::size_t end = 0;
        if (!index_.read_name(index_.rdata(cname != nullptr ? *cname : *dname), target, end)) return Alias::Loop;
        if (cname == nullptr) {
            if (!substitute(current_, dname_owner, target, target)) {
                shape_.rcode = kYxDomain;  // RFC 6672 §2.2
                return Alias::End;
            }
            order_[count_++] = static_cast<std::uint16_t>((dname - answer().data()) | ScrubWriter::kStandsForCname);
        }
        if (target == current_) return Alias::Loop;
        current_ = target;
        last_pointer_ = 0;
        return Alias::Next;
    }

    /// Whether the owner of the record is the present name of the chain. Most owners are the same pointer.
    bool is_current(const Record& record) noexcept {
        const std::uint16_t pointer = index_.owner_pointer(record);
        if (pointer == 0 || pointer != last_pointer_) {
            last_pointer_ = pointer;
            last_is_current_ = index_.is_name(record.owner, current_);
        }
        return last_is_current_;
    }

    /// A DNAME applies to names below its owner only (RFC 6672 §2.3).
    bool is_above(const Record& record, Name& owner) noexcept {
        Name name;
        std::size_t end = 0;
        if (!index_.read_name(record.owner, name, end) || name == current_ || !current_.is_below_or_equal(name))
            return false;
        owner = name;
        return true;
    }

    /// Keeps the SOA of a negative answer, whose owner is above the last name of the chain (RFC 2308 §3), and the
    /// proofs of non-existence.
    void keep_authority() noexcept {
        Name soa_owner;
        std::size_t soa = 0;  // the index of the SOA plus one; 0: none
        for (std::size_t i = index_.answer_count(); shape_.negative && soa == 0 && i < index_.records().size(); ++i)
            if (is_soa_above(index_.records()[i], soa_owner)) soa = i + 1;
        shape_.has_soa = soa != 0;
        for (std::size_t i = index_.answer_count(); i < index_.records().size(); ++i) {
            const Record& record = index_.records()[i];
            const bool soa_signature =
                soa != 0 && is_signature(record, RrType::SOA) && index_.is_name(record.owner, soa_owner);
            if (i + 1 == soa || soa_signature || is_proof(record)) keep(i);
        }
    }

    bool is_soa_above(const Record& record, Name& owner) noexcept {
        std::size_t end = 0;
        return index_.type(record) == RrType::SOA && index_.rr_class(record) == RrClass::IN &&
               index_.read_name(record.owner, owner, end) && current_.is_below_or_equal(owner);
    }

    [[nodiscard]] bool is_proof(const Record& record) const noexcept {
        const RrType type = index_.type(record);
        const bool denial = (type == RrType::NSEC || type == RrType::NSEC3) && index_.rr_class(record) == RrClass::IN;
        return denial || is_signature(record, RrType::NSEC) || is_signature(record, RrType::NSEC3);
    }

    /// Keeps the record once, though a DNAME may apply to two names of a chain.
    void keep(std::size_t record) noexcept {
        if (kept_[record]) return;
        kept_[record] = true;
        order_[count_++] = static_cast<std::uint16_t>(record);
    }
    void give_back(std::size_t count) noexcept {
        while (count_ > count) kept_[order_[--count_]] = false;
    }

    AnswerIndex& index_;
    const Question& question_;
    AnswerInfo& shape_;
    Name current_;
    std::uint16_t last_pointer_ = 0;  // the owner pointer for which last_is_current_ holds; 0: none
    bool last_is_current_ = false;
    std::size_t count_ = 0;
    std::size_t answer_count_ = 0;
    std::bitset<AnswerIndex::kRecordsMax> kept_;
    std::array<std::uint16_t, AnswerIndex::kRecordsMax + AnswerInfo::kLinksMax + 1> order_;
};

}  // namespace

AnswerStatus scrub_answer(ByteView packet, const Question& question, MutableBytes out, std::size_t& size,
                          AnswerInfo& shape) noexcept {
    CENOTE_CHECK(out.size() >= kMessageMax);
    shape = {};
    AnswerIndex index(packet);
    if (!index.read_question() || !asks(packet, index, question)) return AnswerStatus::Malformed;
    const std::uint16_t flags = load_u16(&packet[2]);
    shape.rcode = static_cast<Rcode>(flags & kRcodeBits);
    shape.truncated = (flags & kFlagTc) != 0;
    shape.authenticated = (flags & kFlagAd) != 0;
    Selection selection(index, question, shape);
    if (!shape.truncated) {  // otherwise the records may be cut anywhere (RFC 2181 §9)
        if (!index.read_records()) return AnswerStatus::Malformed;
        read_opt(packet, index, shape);
        if (const AnswerStatus status = selection.run(); status != AnswerStatus::Ok) return status;
    }
    shape.holds_dnssec = selection.holds_dnssec();
    ScrubWriter writer(packet, index, question, out, shape);
    return writer.write(selection.order(), selection.answer_count(), size);
}

}  // namespace cenote::wire
