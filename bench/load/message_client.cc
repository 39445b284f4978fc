// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstring>
#include <utility>

#include "bench/load/client.h"
#include "resolver/wire/types.h"

namespace cenote::blast {
namespace {

class MessageClient final : public Client {
public:
    MessageClient(std::unique_ptr<Wire> wire, const Queries& queries, Tally& tally)
        : Client(std::move(wire)), queries_(queries), tally_(tally) {}

    bool send(std::size_t count, Ticks now) override {
        std::array<std::uint8_t, 2 + 512> bytes;
        for (std::uint16_t id = 0; id < kUnderWayMax && count > 0; ++id) {
            if (asked_[id].open) continue;
            --count;
            const ByteView packet = queries_.packet(queries_.at(tally_.sent));
            store_u16(bytes.data(), static_cast<std::uint16_t>(packet.size()));
            std::memcpy(&bytes[2], packet.data(), packet.size());
            store_u16(&bytes[2], id);
            if (!wire_->put(ByteView(bytes).first(2 + packet.size()))) return false;
            asked_[id] = {tally_.sent++, now, true};
            ++open_;
        }
        return wire_->flush();
    }

    bool receive(Ticks now) override {
        do {
            const ssize_t count = wire_->get(MutableBytes(in_).subspan(filled_));
            if (count <= 0) return count == 0;
            filled_ += static_cast<std::size_t>(count);
            take(now);
        } while (wire_->has_more());
        return true;
    }

private:
    /// The replies that are whole.
    void take(Ticks now) {
        std::size_t at = 0;
        while (filled_ - at >= 2 && filled_ - at - 2 >= load_u16(&in_[at])) {
            const ByteView reply(&in_[at + 2], load_u16(&in_[at]));
            at += 2 + reply.size();
            if (reply.size() < wire::kHeaderSize || load_u16(reply.data()) >= kUnderWayMax) continue;
            Asked& asked = asked_[load_u16(reply.data())];
            if (!std::exchange(asked.open, false)) continue;
            --open_;
            tally_.take(queries_.at(asked.number), reply, now - asked.at);
        }
        std::memmove(in_.data(), &in_[at], filled_ - at);
        filled_ -= at;
    }

    const Queries& queries_;
    Tally& tally_;
    std::array<Asked, kUnderWayMax> asked_{};
    std::array<std::uint8_t, 2 + 65535 + 1> in_;  // one more than a message, so that there is always room
    std::size_t filled_ = 0;
};

}  // namespace

std::unique_ptr<Client> make_message_client(std::unique_ptr<Wire> wire, const Queries& queries, Tally& tally) {
    return std::make_unique<MessageClient>(std::move(wire), queries, tally);
}

}  // namespace cenote::blast
