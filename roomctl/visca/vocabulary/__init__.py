"""The documented words of VISCA as data: commands, inquiries and answers; `codec` reads by it."""
