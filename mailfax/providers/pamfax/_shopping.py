"""Shopping: credit, fax numbers and invoices (reference client of 2017, shoppingapi [P]).

The vendor's page calls the group "Commercial"; the path is `Shopping`. What costs money asks
first: `only_calculate` and `only_validate` are on unless switched off.
"""

from collections.abc import Callable, Mapping
from typing import Any

from mailfax.providers.pamfax import _answers, _calling


class Shopping(_calling.Caller):
    """The processor `Shopping`."""

    # Credit ───────────────────────────────────────────────────────────────────────────────

    def list_available_items(self) -> dict[str, Any]:
        """What the shop sells."""
        return self._ask("Shopping/ListAvailableItems", _answers.everything)

    def list_available_items_for_pf_credit(self) -> dict[str, Any]:
        """What is sold for credit at the service."""
        return self._ask("Shopping/ListAvailableItemsForPFCredit", _answers.everything)

    def get_invoice(self, payment_uuid: str) -> bytes:
        """An invoice, a PDF; `list_orders` tells the payments."""
        return self._file("Shopping/GetInvoice", payment_uuid=payment_uuid)

    def get_shop_link(
        self,
        *,
        type: str | None = None,  # noqa: A002
        product: str | None = None,
        pay: str | None = None,
    ) -> dict[str, Any]:
        """A page of the shop: credit_packs, basic_plan, pro_plan, checkout; `pay` is deprecated."""
        return self._ask(
            "Shopping/GetShopLink", _answers.everything, type=type, product=product, pay=pay
        )

    def redeem_credit_voucher(self, vouchercode: str) -> dict[str, Any]:
        """Turn a voucher into credit; in the sandbox PCPC0815 is one."""
        return self._change(
            "Shopping/RedeemCreditVoucher", _answers.everything, vouchercode=vouchercode
        )

    def add_credit_to_sandbox_user(
        self, amount: str, *, reason: str | None = None
    ) -> dict[str, Any]:
        """Give the user credit, or take it; in the sandbox alone [C]."""
        return self._change(
            "Shopping/AddCreditToSandboxUser", _answers.everything, amount=amount, reason=reason
        )

    # Fax numbers to be had ────────────────────────────────────────────────────────────────

    def list_fax_in_countries(self, *, culture: str | None = None) -> dict[str, Any]:
        """Countries in which fax numbers are to be had."""
        return self._ask("Shopping/ListFaxInCountries", _answers.everything, culture=culture)

    def list_fax_in_areacodes(
        self, country_code: str, *, state: str | None = None
    ) -> dict[str, Any]:
        """Area codes in which they are to be had; `state` in the United States alone."""
        return self._ask(
            "Shopping/ListFaxInAreacodes", _answers.everything,
            country_code=country_code, state=state,
        )  # fmt: skip

    def list_available_pool_numbers(
        self,
        country_code: str,
        *,
        prefix: str | None = None,
        us_state: str | None = None,
        group_id: str | None = None,
        limit: int = 10,
    ) -> dict[str, Any]:
        """Fax numbers for sale, at most 100."""
        return self._ask(
            "Shopping/ListAvailablePoolNumbers", _answers.everything, country_code=country_code,
            prefix=prefix, us_state=us_state, group_id=group_id, limit=limit,
        )  # fmt: skip

    def get_nearest_fax_in_number(self, ip_address: str) -> dict[str, Any]:
        """The area code nearest to an address."""
        return self._ask(
            "Shopping/GetNearestFaxInNumber", _answers.everything, ip_address=ip_address
        )

    def get_number_price(self, plan_type: str, *, months: int = 1) -> dict[str, Any]:
        """What a number costs for 1 to 12 months; `plan_type`: BASIC or PRO."""
        return self._ask(
            "Shopping/GetNumberPrice", _answers.everything, plan_type=plan_type, months=months
        )

    def get_extend_number_cost(self, number: str) -> dict[str, Any]:
        """What keeping a number costs."""
        return self._ask("Shopping/GetExtendNumberCost", _answers.everything, number=number)

    # What the law wants ───────────────────────────────────────────────────────────────────

    def is_pi_required_for_group(self, group_id: str) -> dict[str, Any]:
        """Whether numbers of a group want proof of who one is."""
        return self._ask("Shopping/isPIRequiredForGroup", _answers.everything, group_id=group_id)

    def validate_address_for_fax_in_number(
        self,
        area_code_id: str,
        name: str,
        company: str,
        address1: str,
        zip: str,  # noqa: A002
        city: str,
        country_code: str,
    ) -> dict[str, Any]:
        """Whether a number is to be had at an address; the older way."""
        return self._ask(
            "Shopping/ValidateAddressForFaxInNumber", _answers.everything,
            area_code_id=area_code_id, name=name, company=company, address1=address1, zip=zip,
            city=city, country_code=country_code,
        )  # fmt: skip

    def check_address_for_fax_in_number(
        self,
        group_id: str,
        salutation: str,
        country_code_a3: str,
        city: str,
        zip_code: str,
        street_name: str,
        building_number: str,
        *,
        building_letter: str | None = None,
        company_name: str | None = None,
        first_name: str | None = None,
        last_name: str | None = None,
        verify_doc_uuid: str | None = None,
        token: str | None = None,
        rnd: str | None = None,
        trial_request: str | None = None,
    ) -> dict[str, Any]:
        """Whether a number is to be had at an address; `salutation`: MR, MS or COMPANY.

        `token` and `rnd` are the vendor's own.
        """
        return self._ask(
            "Shopping/CheckAddressForFaxInNumber", _answers.everything, group_id=group_id,
            salutation=salutation, country_code_a3=country_code_a3, city=city,
            zip_code=zip_code, street_name=street_name, building_number=building_number,
            building_letter=building_letter, company_name=company_name, first_name=first_name,
            last_name=last_name, verify_doc_uuid=verify_doc_uuid, token=token, rnd=rnd,
            trial_request=trial_request,
        )  # fmt: skip

    def upload_verify_doc(
        self,
        file: _calling.File,
        *,
        file_size: int | None = None,
        file_content_md5: str | None = None,
    ) -> dict[str, Any]:
        """Hand in a proof, at most 2 MB; the service wants its size or md5."""
        return self._upload(
            "Shopping/UploadVerifyDoc", _answers.everything, file,
            file_size=len(file.data) if file_size is None else file_size,
            file_content_md5=file_content_md5,
        )  # fmt: skip

    def change_verify_doc(
        self,
        number: str,
        file: _calling.File,
        *,
        file_size: int | None = None,
        file_contentmd5: str | None = None,
    ) -> dict[str, Any]:
        """Hand in another proof; the number counts as unproven until it is seen."""
        return self._upload(
            "Shopping/ChangeVerifyDoc", _answers.everything, file, number=number,
            file_size=len(file.data) if file_size is None else file_size,
            file_contentmd5=file_contentmd5,
        )  # fmt: skip

    # Ordering ─────────────────────────────────────────────────────────────────────────────

    def order_number_for_pf_credit(
        self,
        area_code_id: str,
        name: str,
        address: str,
        zip: str,  # noqa: A002
        city: str,
        country_code: str,
        plan_type: str,
        *,
        state_code: str | None = None,
        company: str | None = None,
        only_validate: bool = True,
        months: int = 1,
        pool_id: str | None = None,
        verify_doc_uuid: str | None = None,
    ) -> dict[str, Any]:
        """Order a fax number for credit, or only ask whether it could be."""
        return self._change(
            "Shopping/OrderNumberForPFCredit", _answers.everything, area_code_id=area_code_id,
            name=name, address=address, zip=zip, city=city, country_code=country_code,
            plan_type=plan_type, state_code=state_code, company=company,
            only_validate=only_validate, months=months, pool_id=pool_id,
            verify_doc_uuid=verify_doc_uuid,
        )  # fmt: skip

    def extend_number_for_pf_credit(
        self,
        number: str,
        name: str,
        address: str,
        zip: str,  # noqa: A002
        city: str,
        country_code: str,
        plan_type: str,
        *,
        state_code: str | None = None,
        company: str | None = None,
        only_validate: bool = True,
        months: int = 1,
    ) -> dict[str, Any]:
        """Keep a fax number for credit, or only ask whether it could be."""
        return self._change(
            "Shopping/ExtendNumberForPFCredit", _answers.everything, number=number, name=name,
            address=address, zip=zip, city=city, country_code=country_code,
            plan_type=plan_type, state_code=state_code, company=company,
            only_validate=only_validate, months=months,
        )  # fmt: skip

    def upgrade_basic_2_pro_for_pf_credit(
        self, number: str, *, only_calculate: bool = True
    ) -> dict[str, Any]:
        """Turn a number's BASIC plan into PRO for credit, or only ask what it costs."""
        return self._change(
            "Shopping/UpgradeBasic2ProForPFCredit", _answers.everything,
            number=number, only_calculate=only_calculate,
        )  # fmt: skip


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "Shopping/ListAvailableItems": Shopping.list_available_items,
    "Shopping/ListAvailableItemsForPFCredit": Shopping.list_available_items_for_pf_credit,
    "Shopping/GetInvoice": Shopping.get_invoice,
    "Shopping/GetShopLink": Shopping.get_shop_link,
    "Shopping/RedeemCreditVoucher": Shopping.redeem_credit_voucher,
    "Shopping/AddCreditToSandboxUser": Shopping.add_credit_to_sandbox_user,
    "Shopping/ListFaxInCountries": Shopping.list_fax_in_countries,
    "Shopping/ListFaxInAreacodes": Shopping.list_fax_in_areacodes,
    "Shopping/ListAvailablePoolNumbers": Shopping.list_available_pool_numbers,
    "Shopping/GetNearestFaxInNumber": Shopping.get_nearest_fax_in_number,
    "Shopping/GetNumberPrice": Shopping.get_number_price,
    "Shopping/GetExtendNumberCost": Shopping.get_extend_number_cost,
    "Shopping/isPIRequiredForGroup": Shopping.is_pi_required_for_group,
    "Shopping/ValidateAddressForFaxInNumber": Shopping.validate_address_for_fax_in_number,
    "Shopping/CheckAddressForFaxInNumber": Shopping.check_address_for_fax_in_number,
    "Shopping/UploadVerifyDoc": Shopping.upload_verify_doc,
    "Shopping/ChangeVerifyDoc": Shopping.change_verify_doc,
    "Shopping/OrderNumberForPFCredit": Shopping.order_number_for_pf_credit,
    "Shopping/ExtendNumberForPFCredit": Shopping.extend_number_for_pf_credit,
    "Shopping/UpgradeBasic2ProForPFCredit": Shopping.upgrade_basic_2_pro_for_pf_credit,
}
