/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/api/own.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_start.h"
#include "gpusim/driver/drv_visible.h"

void gpusim_usage(unsigned int number, struct gpusim_usage *usage)
{
	*usage = (struct gpusim_usage){ 0, false };
	if (mv_start_check())
		return;
	for (CUdevice ordinal = 0; ordinal < mv_visible_count(); ordinal++) {
		const struct mv_card *card = mv_card(ordinal);

		if (mv_visible_number(ordinal) != number)
			continue;
		mv_card_lock();
		usage->bytes = card->used_bytes;
		usage->is_user = card->used_bytes || card->primary;
		mv_card_unlock();
	}
}
