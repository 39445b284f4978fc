// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/dnstap_export.h"

#include <utility>

#include "resolver/sinks/dnstap_frame.h"
#include "resolver/sinks/frame_stream.h"

namespace cenote::sinks {

DnstapExport::DnstapExport(DnstapOptions options, LogOrigin origin, const Delivery::Options& delivery)
    : options_(std::move(options)), origin_(std::move(origin)), delivery_(make_frame_stream(*options_.to), delivery) {}

void DnstapExport::take(const HitRecord& record) {
    auto frames = dnstap_frames(record, origin_);
    for (std::string& frame : frames) delivery_.push(std::move(frame));
    pushed_ = true;
}

void DnstapExport::take_upstream(const UpstreamRecord& record) {
    for (std::string& frame : dnstap_frames(record, origin_)) delivery_.push(std::move(frame));
    pushed_ = true;
}

void DnstapExport::end_round(WallTime) {
    if (std::exchange(pushed_, false)) delivery_.wake();
}

}  // namespace cenote::sinks
