"""The names of Salesforce CPQ's own fields that mean nothing for a bill: ids, switches of the editor, and derived numbers."""

from __future__ import annotations

from typing import Final

OWN: Final = (
    "Quoteguard_Verdict__c", "Quoteguard_Headline__c", "Quoteguard_Findings__c", "Quoteguard_Decision__c",
    "Quoteguard_Hold__c", "Quoteguard_Finding__c", "Quoteguard_Checked_At__c",
)  # fmt: skip
"""The custom fields that our own plugin writes."""

SYSTEM: Final = (
    "attributes", "Id", "IsDeleted", "CreatedById", "CreatedBy", "LastModifiedById", "LastModifiedBy", "LastModifiedDate",
    "SystemModstamp", "LastViewedDate", "LastReferencedDate", "LastActivityDate", "RecordTypeId", "UserRecordAccess",
)  # fmt: skip

OF_MODEL: Final = (
    "nextKey", "netNonSegmentTotal", "customerTotal", "channelDiscountsOffList", "applyPartnerDiscountFirst",
    "applyAdditionalDiscountLast", "lineItemGroups", "context", "uiRecord",
)  # fmt: skip

OF_ITEM: Final = (
    "upliftable", "reconfigurationDisabled", "productQuantityScale", "productQuantityEditable", "productHasDimensions",
    "key", "descriptionLocked", "configurationType", "configurationEvent", "parentGroupKey", "amountDiscountProrated",
)  # fmt: skip

OF_QUOTE: Final = (
    *SYSTEM, *OWN,
    "SBQQ__QuoteProcessId__c", "SBQQ__CustomerAmount__c", "SBQQ__RegularAmount__c", "SBQQ__ListAmount__c",
    "SBQQ__OrderGroupID__c", "SBQQ__OrderByQuoteLineGroup__c", "SBQQ__OrderBy__c", "SBQQ__LineItemsGrouped__c",
    "SBQQ__Primary__c", "SBQQ__LineItemCount__c", "SBQQ__MasterContract__c", "SBQQ__EditLinesFieldSetName__c",
    "SBQQ__Unopened__c", "SBQQ__Uncalculated__c", "SBQQ__WatermarkShown__c", "SBQQ__QuoteTemplateId__c", "SBQQ__Key__c",
    "SBQQ__QuoteLanguage__c", "SBQQ__Introduction__c", "SBQQ__DocumentStatus__c", "SBQQ__GenerateContractedPrice__c",
    "SBQQ__DefaultTemplate__c", "SBQQ__PaperSize__c", "SBQQ__ContractingMethod__c", "SBQQ__ConsumptionRateOverride__c",
    "SBQQ__PriceBook__c", "SBQQ__PricebookId__c", "SBQQ__PrimaryContact__c", "SBQQ__PrimaryContact__r", "SBQQ__Source__c",
    "SBQQ__Opportunity2__r", "SBQQ__BillingName__c", "SBQQ__BillingStreet__c", "SBQQ__BillingCity__c",
    "SBQQ__BillingState__c", "SBQQ__BillingPostalCode__c", "SBQQ__BillingCountry__c", "SBQQ__ShippingName__c",
    "SBQQ__ShippingStreet__c", "SBQQ__ShippingCity__c", "SBQQ__ShippingState__c", "SBQQ__ShippingPostalCode__c",
    "SBQQ__ShippingCountry__c", "SBQQ__AdditionalDiscountAmount__c", "SBQQ__AverageCustomerDiscount__c",
    "SBQQ__AveragePartnerDiscount__c", "SBQQ__TotalCustomerDiscountAmount__c", "SBQQ__ExpirationDate__c", "SBQQ__Ordered__c",
    "SBQQ__EmailTemplateId__c", "SBQQ__EmailTemplateDeveloperId__c", "SBQQ__Partner__c", "SBQQ__Distributor__c",
    "SBQQ__DeliveryMethod__c", "ApprovalStatus__c", "OwnerId", "SBQQ__SalesRep__c",
)  # fmt: skip

OF_LINE: Final = (
    *SYSTEM, *OWN, "Name", "CreatedDate", "CurrencyIsoCode",
    "SBQQ__CarryoverLine__c", "SBQQ__Existing__c", "SBQQ__Source__c", "SBQQ__Quote__c", "SBQQ__Group__c",
    "SBQQ__ComponentTotal__c", "SBQQ__ComponentListTotal__c", "SBQQ__ComponentCost__c", "SBQQ__ComponentVisibility__c",
    "SBQQ__ComponentSubscriptionScope__c", "SBQQ__ComponentUpliftedByPackage__c", "SBQQ__ComponentDiscountedByPackage__c",
    "SBQQ__PackageTotal__c", "SBQQ__PackageListTotal__c", "SBQQ__PackageCost__c", "SBQQ__PackageProductDescription__c",
    "SBQQ__PackageProductCode__c", "SBQQ__RenewedSubscription__c", "SBQQ__RenewedAsset__c", "SBQQ__UpgradedSubscription__c",
    "SBQQ__UpgradedAsset__c", "SBQQ__SubscribedAssetIds__c", "SBQQ__AllowAssetRefund__c", "SBQQ__PriorQuantity__c",
    "SBQQ__UpgradedQuantity__c", "SBQQ__OptionLevel__c", "SBQQ__OptionType__c", "SBQQ__ProductOption__c",
    "SBQQ__DynamicOptionId__c", "SBQQ__OriginalQuoteLineId__c", "SBQQ__OriginalPrice__c", "SBQQ__OriginalUnitCost__c",
    "SBQQ__RegularPrice__c", "SBQQ__RegularTotal__c", "SBQQ__CustomerPrice__c", "SBQQ__CustomerTotal__c",
    "SBQQ__PartnerPrice__c", "SBQQ__PartnerTotal__c", "SBQQ__ProratedListPrice__c", "SBQQ__ProratedPrice__c",
    "SBQQ__ListTotal__c", "SBQQ__UnproratedNetPrice__c", "SBQQ__AdditionalDiscount__c", "SBQQ__TotalDiscountAmount__c",
    "SBQQ__TotalDiscountRate__c", "SBQQ__AdditionalQuantity__c", "SBQQ__BundledQuantity__c", "SBQQ__BatchQuantity__c",
    "SBQQ__CostEditable__c", "SBQQ__PriceEditable__c", "SBQQ__PricingMethodEditable__c", "SBQQ__NonDiscountable__c",
    "SBQQ__NonPartnerDiscountable__c", "SBQQ__Taxable__c", "SBQQ__TaxCode__c", "SBQQ__Hidden__c", "SBQQ__Favorite__c",
    "SBQQ__Number__c", "SBQQ__Description__c", "SBQQ__Cost__c", "SBQQ__GrossProfit__c", "SBQQ__Markup__c",
    "SBQQ__GenerateContractedPrice__c", "SBQQ__DiscountTier__c", "SBQQ__DiscountTier__r", "SBQQ__TermDiscountTier__c",
    "SBQQ__TermDiscountTier__r", "SBQQ__TermDiscountSchedule__c", "SBQQ__DiscountSchedule__c", "SBQQ__BlockPrice__c",
    "SBQQ__Bundle__c", "SBQQ__SubscriptionBase__c", "SBQQ__SubscriptionScope__c", "SBQQ__SubscriptionCategory__c",
    "SBQQ__SubscriptionTargetPrice__c", "SBQQ__Dimension__c", "SBQQ__SegmentLabel__c", "SBQQ__UpliftAmount__c",
    "SBQQ__PreviousSegmentUplift__c", "SBQQ__PreviousSegmentPrice__c", "SBQQ__SpecialPriceDescription__c",
    "SBQQ__EffectiveStartDate__c", "SBQQ__EffectiveEndDate__c", "SBQQ__EffectiveSubscriptionTerm__c",
    "SBQQ__EarliestValidAmendmentStartDate__c", "SBQQ__PricebookEntryId__c", "SBQQ__Product__c", "SBQQ__ContractedPrice__r",
    "SBQQ__MinimumPrice__c", "SBQQ__MaximumPrice__c", "SBQQ__ConfigurationRequired__c", "SBQQ__HasConsumptionSchedule__c",
    "SBQQ__DiscountScheduleType__c", "SBQQ__ContractedPrice__c", "SBQQ__RequiredBy__r",
)  # fmt: skip

OF_PRODUCT: Final = (
    "attributes", "Id", "Name", "ProductCode", "PricebookEntries", "IsActive", "Description", "CurrencyIsoCode", "Family",
    "SBQQ__ExternallyConfigurable__c", "SBQQ__CostEditable__c", "SBQQ__QuantityEditable__c", "SBQQ__Hidden__c",
    "SBQQ__ExcludeFromOpportunity__c", "SBQQ__NonDiscountable__c", "SBQQ__AssetConversion__c",
    "SBQQ__IncludeInMaintenance__c", "SBQQ__PriceEditable__c", "SBQQ__ReconfigurationDisabled__c",
    "SBQQ__DescriptionLocked__c", "SBQQ__NewQuoteGroup__c", "SBQQ__Optional__c", "SBQQ__ExcludeFromMaintenance__c",
    "SBQQ__AssetAmendmentBehavior__c", "SBQQ__OptionSelectionMethod__c", "SBQQ__SubscriptionBase__c",
    "SBQQ__CustomConfigurationRequired__c", "SBQQ__NonPartnerDiscountable__c", "SBQQ__DefaultQuantity__c",
    "SBQQ__PricingMethodEditable__c", "SBQQ__BlockPricingField__c", "SBQQ__HasConfigurationAttributes__c",
    "SBQQ__Taxable__c", "SBQQ__PricingMethod__c", "SBQQ__SortOrder__c", "SBQQ__ConfigurationType__c",
    "SBQQ__ConfigurationEvent__c", "SBQQ__Component__c", "SBQQ__HidePriceInSearchResults__c", "SBQQ__QuantityScale__c",
    "SBQQ__DefaultPricingTable__c", "SBQQ__TaxCode__c", "SBQQ__SubscriptionTarget__c", "SBQQ__DiscountSchedule__c",
    "SBQQ__TermDiscountSchedule__c", "SBQQ__SubscriptionTerm__c", "SBQQ__SubscriptionPricing__c", "SBQQ__ChargeType__c",
    "SBQQ__BillingFrequency__c", "SBQQ__BillingType__c", "SBQQ__SubscriptionType__c", "SBQQ__ProductCode__c",
    "SBQQ__SubscriptionPercent__c", "SBQQ__SubscriptionCategory__c", "SBQQ__SubscriptionScope__c", "QuantityUnitOfMeasure",
)  # fmt: skip

READ_OF_LINE: Final = (
    "SBQQ__ChargeType__c", "SBQQ__SubscriptionPricing__c", "SBQQ__DefaultSubscriptionTerm__c", "SBQQ__ProrateMultiplier__c",
    "SBQQ__StartDate__c", "SBQQ__EndDate__c", "SBQQ__SubscriptionTerm__c", "SBQQ__ProductSubscriptionType__c",
    "SBQQ__SubscriptionType__c", "SBQQ__BillingFrequency__c", "SBQQ__BillingType__c", "SBQQ__VolumeDiscount__c",
    "SBQQ__TermDiscount__c", "SBQQ__OptionDiscount__c", "SBQQ__Discount__c", "SBQQ__PartnerDiscount__c",
    "SBQQ__DistributorDiscount__c", "SBQQ__OptionDiscountAmount__c", "SBQQ__AdditionalDiscountAmount__c",
    "SBQQ__SpecialPrice__c", "SBQQ__SpecialPriceType__c", "SBQQ__CompoundDiscountRate__c", "SBQQ__Quantity__c",
    "SBQQ__EffectiveQuantity__c", "SBQQ__Optional__c", "SBQQ__PricingMethod__c", "SBQQ__ProductName__c",
    "SBQQ__ProductFamily__c", "SBQQ__ProductCode__c", "SBQQ__NetTotal__c", "SBQQ__NetPrice__c", "SBQQ__ListPrice__c",
    "SBQQ__Bundled__c", "SBQQ__SubscriptionPercent__c", "SBQQ__UnitCost__c", "SBQQ__RenewalUpliftRate__c",
    "SBQQ__Uplift__c", "SBQQ__Renewal__c", "SBQQ__RequiredBy__c", "SBQQ__SegmentIndex__c", "SBQQ__SegmentKey__c",
)  # fmt: skip
"""What the reading of a line takes, or says itself where it does not understand the value."""

LINE: Final = frozenset((*OF_LINE, *READ_OF_LINE, "SBQQ__Product__r"))
ITEM: Final = frozenset(
    (*OF_ITEM, "record", "dimensionType", "parentItemKey", "targetCustomerTotal", "targetCustomerAmount")
)
PRODUCT: Final = frozenset((*OF_PRODUCT, "SBQQ__BlockPrices__r", "BlockPrices__r"))
